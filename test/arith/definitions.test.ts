/** The three families against independent statements of their formulas, on every accumulator of an interval. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { doubleRounding, quantizeMultiplier } from "../../compiler/arith/definitions/tflite.js";
import { numericsByName, type ProductSpec } from "../../compiler/arith/numerics.js";
import { evaluateStaircase } from "../../compiler/arith/staircase.js";

const scale = fc.oneof(
  fc.double({ min: 2 ** -10, max: 2, noNaN: true }).map(Math.fround),
  fc.integer({ min: -9, max: 1 }).map((exponent) => 2 ** exponent),
);
const specs = fc
  .record({
    inputScale: scale,
    weightScale: scale,
    outputScale: scale,
    outputZeroPoint: fc.integer({ min: -128, max: 127 }),
    bias: fc.integer({ min: -(2 ** 20), max: 2 ** 20 }),
    lo: fc.integer({ min: -2000, max: 1000 }),
    span: fc.integer({ min: 0, max: 3000 }),
  })
  .map(
    ({ lo, span, ...rest }): ProductSpec => ({
      ...rest,
      dense: false,
      biasScale: Math.fround(rest.inputScale * rest.weightScale),
      clamp: { lo: -128, hi: 127 },
      acc: { lo: rest.bias + lo, hi: rest.bias + lo + span },
    }),
  );

function expectDefinition(family: string, value: (acc: number, spec: ProductSpec) => number): void {
  fc.assert(
    fc.property(specs, (spec) => {
      const staircase = numericsByName.get(family)!.product(spec);
      for (let acc = spec.acc.lo; acc <= spec.acc.hi; acc++) {
        const expected = Math.min(127, Math.max(-128, value(acc, spec)));
        const got = evaluateStaircase(staircase, acc);
        if (got !== expected) throw new Error(`acc ${acc}: ${got}, expected ${expected}`);
      }
    }),
    { numRuns: 120, seed: 11 },
  );
}

/** A float64 as (mantissa, exponent) integers, by its bits: independent of rational.ts. */
function dyadic(value: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new Float64Array([value]).buffer).getBigUint64(0, true);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & ((1n << 52n) - 1n)) | (exponent === 0 ? 0n : 1n << 52n);
  return { mantissa: value < 0 ? -mantissa : mantissa, exponent: Math.max(exponent, 1) - 1075 };
}

describe("exact", () => {
  it("is the real value sx*sw*(acc-bias) + sb*bias over sy, rounded half to even, on every accumulator", () => {
    expectDefinition("exact", (acc, { inputScale, weightScale, outputScale, biasScale, bias, outputZeroPoint }) => {
      const [sx, sw, sb, sy] = [inputScale, weightScale, biasScale, outputScale].map(dyadic) as [D, D, D, D];
      // Both terms over a common power of two, then one integer division with the remainder compared twice.
      const unit = Math.min(sx.exponent + sw.exponent, sb.exponent, sy.exponent);
      const power = (exponent: number) => 1n << BigInt(exponent - unit);
      const numerator =
        BigInt(acc - bias!) * sx.mantissa * sw.mantissa * power(sx.exponent + sw.exponent) +
        BigInt(bias!) * sb.mantissa * power(sb.exponent);
      const denominator = sy.mantissa * power(sy.exponent);
      return Number(roundedQuotient(numerator, denominator)) + outputZeroPoint;
    });
  });

  it("sums two codes as sa*(x-za) + sb*(y-zb) over sy, rounded half to even, whatever the scales", () => {
    const any = fc.oneof(scale, fc.constantFrom(...[2 ** -140, 1e-38, 0.1, 1e38].map(Math.fround)));
    const code = fc.integer({ min: -128, max: 127 });
    const type = { bits: 8, signed: true };
    const affine = fc.record({ scale: any, zeroPoint: code });
    const pairs = fc.array(fc.tuple(code, code), { minLength: 100, maxLength: 100 });
    const signs = fc.constantFrom(undefined, "first" as const, "second" as const);
    const property = fc.property(affine, affine, affine, signs, pairs, (a, b, output, subtract, codes) => {
      const clamp = { lo: -128, hi: 127 };
      const operands = { a: { ...a, type }, b: { ...b, type } };
      const { value } = numericsByName.get("exact")!.add({ ...operands, subtract, post: undefined, output, clamp });
      const [sa, sb, sy] = [a.scale, b.scale, output.scale].map(dyadic) as [D, D, D];
      const unit = Math.min(sa.exponent, sb.exponent, sy.exponent);
      const whole = ({ mantissa, exponent }: D) => mantissa << BigInt(exponent - unit);
      for (const [x, y] of codes) {
        const first = BigInt(subtract === "first" ? a.zeroPoint - x : x - a.zeroPoint);
        const second = BigInt(subtract === "second" ? b.zeroPoint - y : y - b.zeroPoint);
        const steps = Number(roundedQuotient(first * whole(sa) + second * whole(sb), whole(sy)));
        expect(value(x, y)).toBe(Math.min(127, Math.max(-128, steps + output.zeroPoint)));
      }
    });
    fc.assert(property, { numRuns: 150, seed: 12 });
  });
});

/** The quotient of a positive denominator, rounded half to even. */
function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  let quotient = numerator / denominator;
  let remainder = numerator % denominator;
  if (remainder < 0n) {
    quotient -= 1n;
    remainder += denominator;
  }
  const doubled = remainder * 2n;
  return doubled > denominator || (doubled === denominator && quotient % 2n !== 0n) ? quotient + 1n : quotient;
}

type D = ReturnType<typeof dyadic>;

describe("onnxruntime", () => {
  it("is the float32 product of the accumulator and the float32 scale, rounded half to even", () => {
    expectDefinition("onnxruntime", (acc, { inputScale, weightScale, outputScale, outputZeroPoint }) => {
      const f = new Float32Array(4);
      f[0] = inputScale * weightScale;
      f[1] = f[0]! / outputScale;
      f[2] = acc;
      f[3] = f[2]! * f[1]!;
      const value = Math.min(Math.max(f[3]!, -128 - outputZeroPoint), 127 - outputZeroPoint);
      const nearest = Math.round(value);
      const tie = Math.abs(value - Math.trunc(value)) === 0.5;
      return (tie ? 2 * Math.round(value / 2) : nearest) + outputZeroPoint;
    });
  });
});

describe("tflite", () => {
  it("is gemmlowp's SRDHM and RDP, stated with truncating divisions, on every accumulator", () => {
    expectDefinition("tflite", (acc, { inputScale, weightScale, outputScale, outputZeroPoint }) => {
      const { multiplier, shift } = quantizeMultiplier((inputScale * weightScale) / outputScale);
      const product = (BigInt(acc) << BigInt(Math.max(shift, 0))) * BigInt(multiplier);
      const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
      const high = (product + nudge) / (1n << 31n); // BigInt division truncates, as C's does
      const e = BigInt(Math.max(-shift, 0));
      const mask = (1n << e) - 1n;
      const threshold = (mask >> 1n) + (high < 0n ? 1n : 0n);
      return Number((high >> e) + ((high & mask) > threshold ? 1n : 0n)) + outputZeroPoint;
    });
  });

  it("multipliers are the nearest Q0.31 number, carried when they round to one", () => {
    expect(quantizeMultiplier(0.5)).toEqual({ multiplier: 2 ** 30, shift: 0 });
    expect(quantizeMultiplier(1 - 2 ** -40)).toEqual({ multiplier: 2 ** 30, shift: 1 });
    expect(quantizeMultiplier(0.3)).toEqual({ multiplier: 1288490189, shift: -1 });
    expect(quantizeMultiplier(0)).toEqual({ multiplier: 0, shift: 0 });
    expect(quantizeMultiplier(2 ** -40)).toEqual({ multiplier: 0, shift: 0 });
  });

  it("results of more steps than 16-bit codes have are refused", () => {
    const wide = { lo: -(2 ** 31), hi: 2 ** 31 - 1 };
    expect(() => doubleRounding(quantizeMultiplier(0.5), 0, wide, wide)).toThrow(/QC3002.*2147483648 steps/);
  });
});
