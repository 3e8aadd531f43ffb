/** The high-word form computes the staircase: exhaustively, through the scalar functions that C gets. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HighWordRequantization, realiseHighWord } from "../../compiler/arith/index.js";
import { numericsByName } from "../../compiler/arith/numerics.js";
import { certifyPlain } from "../../compiler/arith/realise.js";
import type { RequantizeLayer } from "../../compiler/arith/requantize-layer.js";
import { clamp, multiplyHigh, requantHighWord } from "../../compiler/arith/scalar.js";
import { evaluateStaircase, isConstant } from "../../compiler/arith/staircase.js";

const layerOf = fc
  .record({
    outputScale: fc.double({ min: 0.01, max: 0.5, noNaN: true }).map(Math.fround),
    zeroPoint: fc.integer({ min: -128, max: 127 }),
    lower: fc.integer({ min: -128, max: 0 }),
    channels: fc.array(
      fc.record({
        weightScale: fc.double({ min: 0.001, max: 0.1, noNaN: true }).map(Math.fround),
        lo: fc.integer({ min: -4000, max: 1000 }),
        span: fc.integer({ min: 0, max: 4000 }),
        bias: fc.integer({ min: -500, max: 500 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ outputScale, zeroPoint, lower, channels }): RequantizeLayer => {
    const bounds = { lo: lower, hi: 127 };
    return {
      zeroPoint,
      clamp: bounds,
      channels: channels.map(({ weightScale, lo, span, bias }) =>
        numericsByName.get("exact")!.product({
          dense: false,
          inputScale: Math.fround(0.0371),
          weightScale,
          outputScale,
          outputZeroPoint: zeroPoint,
          bias,
          biasScale: Math.fround(Math.fround(0.0371) * weightScale),
          clamp: bounds,
          acc: { lo, hi: lo + span },
        }),
      ),
    };
  });

/** What a kernel computes for accumulator `acc`; channels that must see no sum get 0. */
function compute(
  { channels, scaleBits, shift }: HighWordRequantization,
  { clamp: { lo, hi } }: RequantizeLayer,
  c: number,
  acc: number,
  rounding: boolean,
): number {
  const { addend, multiplier, constant } = channels[c]!;
  const scaled = BigInt(constant ? 0 : acc * 2 ** scaleBits) + BigInt(addend);
  const [m, s] = [BigInt(multiplier), BigInt(shift)];
  const value = rounding ? requantHighWord(scaled, m, s) : multiplyHigh(scaled, m) >> s;
  return Number(clamp(value, BigInt(lo), BigInt(hi)));
}

describe.each([true, false])("with a shift that rounds: %s", (rounding) => {
  it("constants are equal on every reachable accumulator, and nearly every layer has some", () => {
    let [found, tried] = [0, 0];
    const check = (layer: RequantizeLayer) => {
      const constants = realiseHighWord(layer, rounding);
      tried++;
      if (!constants) return;
      found++;
      layer.channels.forEach((staircase, c) => {
        expect(constants.channels[c]!.constant).toBe(isConstant(staircase));
        for (let acc = staircase.lo; acc <= staircase.hi; acc++) {
          if (compute(constants, layer, c, acc, rounding) !== evaluateStaircase(staircase, acc))
            throw new Error(`channel ${c}, acc ${acc}`);
        }
      });
    };
    fc.assert(fc.property(layerOf, check), { numRuns: 150, seed: 11 });
    expect(found / tried).toBeGreaterThan(0.95);
  });
});

describe("the certificate", () => {
  it("refuses constants that miss a threshold", () => {
    const [layer] = fc.sample(
      layerOf.filter(({ channels }) => channels[0]!.thresholds.length > 20),
      { numRuns: 1, seed: 3 },
    );
    const { channels, scaleBits, shift } = realiseHighWord(layer!, false)!;
    const plain = channels.map(({ addend, multiplier, constant }) => ({
      multiplier: constant ? 0 : multiplier * 2 ** scaleBits,
      offset: BigInt(addend) * BigInt(multiplier),
      correction: 0n,
    }));
    expect(() => certifyPlain(layer!, plain, 32 + shift)).not.toThrow();
    // A whole accumulator step further.
    const moved = plain.map((constants) => ({ ...constants, offset: constants.offset + BigInt(constants.multiplier) }));
    expect(() => certifyPlain(layer!, moved, 32 + shift)).toThrow(/miss a threshold/);
  });
});
