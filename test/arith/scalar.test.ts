import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as scalar from "../../compiler/arith/scalar.js";
import { range } from "../../compiler/arith/scalar-types.js";
import { oracle } from "./scalar-oracle.js";
import { scalarFunctions, vectorsFor } from "./scalar-vectors.js";

const evaluate = scalar as unknown as Record<string, (...values: bigint[]) => bigint>;

/** The last number of each row is the result; made with a numpy model of TFLite Micro's reference kernels. */
const recorded = JSON.parse(readFileSync(new URL("./scalar-tflite.json", import.meta.url), "utf8")) as Record<
  string,
  number[][]
>;

describe("scalar functions", () => {
  it("all have an oracle", () => {
    expect(scalarFunctions.map(({ name }) => name)).toEqual(Object.keys(oracle));
  });

  it.each(scalarFunctions)("$name equals exact arithmetic", (scalarFunction) => {
    for (const values of vectorsFor(scalarFunction, 4000)) {
      expect(evaluate[scalarFunction.name]!(...values), String(values)).toBe(oracle[scalarFunction.name]!(...values));
    }
  });

  it.each(Object.keys(recorded))("%s equals recorded TFLite results", (name) => {
    for (const row of recorded[name]!) {
      const values = row.map(BigInt);
      expect(evaluate[name]!(...values.slice(0, -1)), String(row)).toBe(values.at(-1));
    }
  });

  it("quotientHalfEven is exact for all small fractions", () => {
    for (let d = 1n; d <= 40n; d++) {
      for (let n = 0n; n <= 256n * d; n++) {
        if (scalar.quotientHalfEven(n, d) !== oracle.quotientHalfEven!(n, d)) expect.fail(`${n} / ${d}`);
      }
    }
  });

  it("roundingDivideByPot and clamp are exact for all 8-bit values", () => {
    for (let x = -128n; x < 128n; x++) {
      for (let exponent = 0n; exponent < 10n; exponent++) {
        expect(scalar.roundingDivideByPot(x, exponent)).toBe(oracle.roundingDivideByPot!(x, exponent));
      }
      for (let lo = -8n; lo < 8n; lo++) expect(scalar.clamp(x, lo, 7n)).toBe(oracle.clamp!(x, lo, 7n));
    }
  });

  it("softmaxReciprocal is within 8 units of Q0.31 of the true reciprocal", () => {
    for (const [sum] of vectorsFor(scalarFunctions.find(({ name }) => name === "softmaxReciprocal")!, 2000, 3)) {
      const normalized = sum! << scalar.countLeadingZeros(sum!);
      const error = scalar.softmaxReciprocal(sum!) * normalized - (1n << 62n);
      expect(error < 8n * normalized && error > -8n * normalized, String(sum)).toBe(true);
    }
  });
});

describe("range", () => {
  it("passes values inside and stops the others", () => {
    expect(range(5n, -5n, 5n)).toBe(5n);
    expect(() => range(6n, -5n, 5n)).toThrow("scalar value 6 is outside [-5, 5]");
    expect(() => scalar.requantPlain(2147483647n, 2147483647n, 0n, 0n)).toThrow(RangeError);
    expect(() => scalar.quotientHalfEven(1n, 0n)).toThrow(RangeError);
    expect(() => scalar.softmaxReciprocal(0n)).toThrow(RangeError);
  });
});
