/** Certified constants compute the staircase: exhaustively, through the scalar functions that C and Verilog get. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numericsByName } from "../../compiler/arith/numerics.js";
import { type RealiseOptions, realise } from "../../compiler/arith/realise.js";
import type { Requantization } from "../../compiler/arith/requantization.js";
import type { RequantizeLayer } from "../../compiler/arith/requantize-layer.js";
import { clamp, requantParity, requantPlain, requantSign } from "../../compiler/arith/scalar.js";
import { evaluateStaircase } from "../../compiler/arith/staircase.js";

const options: Record<string, RealiseOptions> = {
  core: { minShift: 32, maxShift: 40 },
  circuit: { minShift: 0, maxShift: 40, narrow: true },
};

/** The value an engine computes for channel `c`. */
function compute(requantization: Requantization, layer: RequantizeLayer, c: number, acc: number): number {
  const { form, shift, zeroPoint } = requantization;
  if (form === "thresholds") return evaluateStaircase(layer.channels[c]!, acc);
  const { multiplier, offset, correction } = requantization.channels[c]!;
  const [a, m, s] = [BigInt(acc), BigInt(multiplier), BigInt(shift)];
  const value =
    form === "plain"
      ? requantPlain(a, m, offset, s)
      : form === "sign"
        ? requantSign(a, m, offset, correction, s)
        : requantParity(a, m, offset, correction, s, BigInt(zeroPoint & 1));
  return Number(clamp(value, BigInt(layer.clamp.lo), BigInt(layer.clamp.hi)));
}

function expectEqualEverywhere(layer: RequantizeLayer, choice: RealiseOptions): Requantization {
  const requantization = realise(layer, choice);
  layer.channels.forEach((staircase, c) => {
    for (let acc = staircase.lo; acc <= staircase.hi; acc++) {
      const got = compute(requantization, layer, c, acc);
      if (got !== evaluateStaircase(staircase, acc)) {
        throw new Error(
          `${requantization.form} channel ${c}: acc ${acc} gives ${got}, not ${evaluateStaircase(staircase, acc)}`,
        );
      }
    }
  });
  return requantization;
}

/** Scales as exporters write them: arbitrary floats, and powers of two, where true ties exist. */
const scale = fc.oneof(
  fc.double({ min: 2 ** -9, max: 2, noNaN: true }).map(Math.fround),
  fc.integer({ min: -8, max: 1 }).map((exponent) => 2 ** exponent),
);
const layerOf = (family: string) =>
  fc
    .record({
      inputScale: scale,
      outputScale: scale,
      zeroPoint: fc.integer({ min: -128, max: 127 }),
      lower: fc.integer({ min: -128, max: 0 }),
      channels: fc.array(
        fc.record({
          weightScale: scale,
          lo: fc.integer({ min: -3000, max: 2000 }),
          span: fc.integer({ min: 0, max: 3000 }),
          bias: fc.integer({ min: -500, max: 500 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    })
    .map(({ inputScale, outputScale, zeroPoint, lower, channels }): RequantizeLayer => {
      const bounds = { lo: lower, hi: 127 };
      return {
        zeroPoint,
        clamp: bounds,
        channels: channels.map(({ weightScale, lo, span, bias }) =>
          numericsByName.get(family)!.product({
            dense: false,
            inputScale,
            weightScale,
            outputScale,
            outputZeroPoint: zeroPoint,
            bias,
            biasScale: Math.fround(inputScale * weightScale),
            clamp: bounds,
            acc: { lo, hi: lo + span },
          }),
        ),
      };
    });

describe.each(["exact", "onnxruntime", "tflite"])("constants for %s", (family) => {
  it.each(Object.keys(options))("%s options: equal on every reachable accumulator", (kind) => {
    fc.assert(
      fc.property(layerOf(family), (layer) => void expectEqualEverywhere(layer, options[kind]!)),
      { numRuns: 150, seed: 7 },
    );
  });
});

describe("forms", () => {
  const product = (
    family: string,
    scales: { sx: number; sw: number; sy: number },
    zeroPoint: number,
  ): RequantizeLayer => ({
    zeroPoint,
    clamp: { lo: -128, hi: 127 },
    channels: [
      numericsByName.get(family)!.product({
        dense: false,
        inputScale: scales.sx,
        weightScale: scales.sw,
        outputScale: scales.sy,
        outputZeroPoint: zeroPoint,
        bias: 0,
        biasScale: scales.sx * scales.sw,
        clamp: { lo: -128, hi: 127 },
        acc: { lo: -5000, hi: 5000 },
      }),
    ],
  });

  it("half to even at true ties needs the parity form, for either parity of the zero point", () => {
    for (const zeroPoint of [0, 3]) {
      const layer = product("exact", { sx: 1, sw: 1 / 64, sy: 1 }, zeroPoint);
      expect(expectEqualEverywhere(layer, options.core!).form).toBe("parity");
    }
  });

  it("half away from zero at true ties needs the sign form", () => {
    const layer = product("tflite", { sx: 1, sw: 1 / 64, sy: 1 }, 0);
    expect(expectEqualEverywhere(layer, options.core!).form).toBe("sign");
  });

  it("scales without ties take the plain form with a shift of at least 32", () => {
    const layer = product("exact", { sx: 0.0123, sw: 0.77, sy: 0.31 }, -128);
    const { form, shift } = expectEqualEverywhere(layer, options.core!);
    expect({ form, shift }).toEqual({ form: "plain", shift: 32 });
  });

  it("a step function no multiplier reaches falls back to its thresholds", () => {
    const layer: RequantizeLayer = {
      zeroPoint: 0,
      clamp: { lo: -128, hi: 127 },
      channels: [{ lo: 0, hi: 100, first: 0, thresholds: Int32Array.from([1, 2, 3, 90, 91, 92]) }],
    };
    expect(expectEqualEverywhere(layer, options.core!).form).toBe("thresholds");
  });

  it("a constant channel takes a zero multiplier, whatever its interval", () => {
    const layer: RequantizeLayer = {
      zeroPoint: -5,
      clamp: { lo: -128, hi: 127 },
      channels: [{ lo: -(2 ** 30), hi: 2 ** 30, first: -5, thresholds: new Int32Array(0) }],
    };
    const { channels, certificate } = realise(layer, options.core!);
    expect(channels[0]!.multiplier).toBe(0);
    expect(certificate.constantChannels).toBe(1);
  });

  it("a wrong constant is seen: one unit off in the offset moves a threshold of the narrowest form", () => {
    const layer = product("exact", { sx: 1, sw: 1 / 64, sy: 1 }, 0);
    const right = realise(layer, options.circuit!);
    const channel = right.channels[0]!;
    const wrong = {
      ...right,
      channels: [{ ...channel, offset: channel.offset + (1n << BigInt(right.shift)) / 64n + 1n }],
    };
    const staircase = layer.channels[0]!;
    const accs = Array.from({ length: staircase.hi - staircase.lo + 1 }, (_, i) => staircase.lo + i);
    expect(accs.some((acc) => compute(wrong, layer, 0, acc) !== evaluateStaircase(staircase, acc))).toBe(true);
  });
});
