/**
 * `tflite`: TensorFlow Lite Micro's double rounding, shared bit for bit by CMSIS-NN, muRISCV-NN and microTVM.
 * Sources: tflite-micro lite/kernels/kernel_util.cc, internal/common.cc, internal/reference/integer_ops/*.h, gemmlowp
 * fixedpoint.h. Real multipliers become (M, e): M in Q0.31 and a power of two; a product is rounded once by
 * SRDHM (half up in Q0.31) and once by RDP (half away from zero).
 */
import { fail } from "../../diagnostics.js";
import type { RealClamp } from "../../ir/graph.js";
import { type IntegerType, type Range, typeRange } from "../../ir/types.js";
import { printExpression } from "../expression.js";
import { f32, frexp, roundHalfAway, saturate } from "../float32.js";
import type { AddDefinition, AddSpec, AveragePoolSpec, Numerics, ProductSpec, UnarySpec } from "../numerics.js";
import { ceilDivide } from "../rational.js";
import { roundingDivideByPot, saturatingRoundingDoublingHighMul } from "../scalar.js";
import { requireSteps, type Staircase, staircaseOf } from "../staircase.js";
import { exactAveragePool } from "./exact.js";
import { exactExpression } from "./expression.js";
import { tfliteExponentials } from "./tflite-softmax.js";

/** real = multiplier * 2^(shift - 31), multiplier in Q0.31. */
export interface QuantizedMultiplier {
  readonly multiplier: number;
  readonly shift: number;
}

/** TFLite's QuantizeMultiplier. */
export function quantizeMultiplier(real: number): QuantizedMultiplier {
  if (real === 0) return { multiplier: 0, shift: 0 };
  const { fraction, exponent } = frexp(real);
  let multiplier = Math.floor(fraction * 2 ** 31 + 0.5);
  let shift = exponent;
  if (multiplier === 2 ** 31) {
    multiplier /= 2;
    shift += 1;
  }
  return shift < -31 ? { multiplier: 0, shift: 0 } : { multiplier, shift };
}

/** TFLite's MultiplyByQuantizedMultiplier with double rounding. */
export function multiplyByQuantizedMultiplier(value: bigint, { multiplier, shift }: QuantizedMultiplier): bigint {
  const left = BigInt(Math.max(shift, 0));
  const right = BigInt(Math.max(-shift, 0));
  return roundingDivideByPot(saturatingRoundingDoublingHighMul(value << left, BigInt(multiplier)), right);
}

export const tflite: Numerics = {
  name: "tflite",
  clampCodes(clamp: RealClamp, output, type: IntegerType): Range {
    const { lo, hi } = typeRange(type);
    const code = (bound: number) => saturate(output.zeroPoint + roundHalfAway(f32(f32(bound) / output.scale)), lo, hi);
    return { lo: clamp.min === -Infinity ? lo : code(clamp.min), hi: clamp.max === Infinity ? hi : code(clamp.max) };
  },
  product(spec: ProductSpec): Staircase {
    // Without a bias TFLite forms the product of scales in float32, with one in double.
    const real =
      spec.dense && spec.bias === undefined
        ? f32(spec.inputScale * spec.weightScale) / spec.outputScale
        : (spec.inputScale * spec.weightScale) / spec.outputScale;
    return doubleRounding(quantizeMultiplier(real), spec.outputZeroPoint, spec.clamp, spec.acc);
  },
  add: tfliteAdd,
  multiply: ({ a, b, output, clamp, product }) =>
    doubleRounding(quantizeMultiplier((a.scale * b.scale) / output.scale), output.zeroPoint, clamp, product),
  averagePool(spec: AveragePoolSpec) {
    const { input, output } = spec;
    if (spec.mean) return { staircase: tfliteMean(spec) };
    if (input.scale !== output.scale || input.zeroPoint !== output.zeroPoint) {
      return {
        staircase: exactAveragePool(spec),
        fallback: "TFLite's AveragePool needs equal input and output quantization",
      };
    }
    return { staircase: staircaseOf(pooled(spec), spec.sum.lo, spec.sum.hi) };
  },
  unary({ input, output, clamp }: UnarySpec) {
    const multiplier = quantizeMultiplier(input.scale / output.scale);
    return (code) =>
      saturate(
        Number(multiplyByQuantizedMultiplier(BigInt(code - input.zeroPoint), multiplier)) + output.zeroPoint,
        clamp.lo,
        clamp.hi,
      );
  },
  expression: (spec) => ({
    ...exactExpression(spec),
    fallback: `TFLite's integer kernels for ${printExpression(spec.expression)} are not reproduced`,
  }),
  softmax(input, output, where) {
    if (output.scale !== 1 / 256) {
      fail("QC2004", `TFLite's int8 Softmax has output scale 1/256; got ${output.scale}. Use --numerics exact.`, where);
    }
    return { kind: "tflite", exponentials: tfliteExponentials(input.scale), levels: 256, levelsShift: 0 };
  },
};

/**
 * TFLite's MEAN: the sum of x - zx through the multiplier of sx/sy divided by N, whose fraction is cut off after as many
 * more bits as N has (kernels/internal/reference/reduce.h, QuantizedMeanOrSum).
 */
function tfliteMean({ input, output, count, clamp, sum }: AveragePoolSpec): Staircase {
  const { multiplier, shift } = quantizeMultiplier(input.scale / output.scale);
  const extra = Math.min(31 - Math.clz32(count), 31 + shift);
  const divided = Number((BigInt(multiplier) << BigInt(extra)) / BigInt(count));
  const offset = count * input.zeroPoint;
  const centred = { lo: sum.lo - offset, hi: sum.hi - offset };
  const staircase = doubleRounding({ multiplier: divided, shift: shift - extra }, output.zeroPoint, clamp, centred);
  return { ...sum, first: staircase.first, thresholds: staircase.thresholds.map((at) => at + offset) };
}

/** C's integer division of the rounded sum of codes: (R + N/2)/N for R > 0, (R - N/2)/N otherwise. */
function pooled({ count, clamp }: AveragePoolSpec): (sum: number) => number {
  const half = Math.floor(count / 2);
  return (sum) =>
    saturate(sum > 0 ? Math.floor((sum + half) / count) : -Math.floor((half - sum) / count), clamp.lo, clamp.hi);
}

/**
 * Thresholds of zeroPoint + RDP(SRDHM(acc << max(shift,0), M), max(-shift,0)) in closed form. With e = -shift >= 1:
 *   J = floor((acc*M + 2^30 + 2^(30+e) - [acc<0]*2^31) / 2^(31+e)),
 * so J is reached at ceil((J*2^(31+e) - 2^30 - 2^(30+e) + [acc<0]*2^31) / M); with e <= 0 the sign term vanishes.
 * Throws QC3002 for more steps than 16-bit codes have.
 */
export function doubleRounding(quantized: QuantizedMultiplier, zeroPoint: number, clamp: Range, acc: Range): Staircase {
  const value = (at: number) =>
    saturate(Number(multiplyByQuantizedMultiplier(BigInt(at), quantized)) + zeroPoint, clamp.lo, clamp.hi);
  const first = value(acc.lo);
  requireSteps(value(acc.hi) - first);
  const thresholds = new Int32Array(value(acc.hi) - first);
  const e = -quantized.shift;
  const m = BigInt(quantized.multiplier) << BigInt(Math.max(-e, 0));
  const shift = BigInt(31 + Math.max(e, 0));
  const rounding = (1n << 30n) + (e >= 1 ? 1n << BigInt(30 + e) : 0n);
  const signTerm = e >= 1 ? 1n << 31n : 0n;
  for (let k = 0; k < thresholds.length; k++) {
    const bound = (BigInt(first + k + 1 - zeroPoint) << shift) - rounding;
    const negative = ceilDivide(bound + signTerm, m);
    const positive = ceilDivide(bound, m);
    thresholds[k] = Number(negative < 0n ? negative : positive > 0n ? positive : 0n);
  }
  return { lo: acc.lo, hi: acc.hi, first, thresholds };
}

/** Both operands (one negated for Sub) at twice the larger scale with 20 fraction bits, summed, then scaled to the output. */
function tfliteAdd({ a, b, subtract, output, clamp }: AddSpec): AddDefinition {
  const leftShift = 20n;
  const twice = 2 * Math.max(a.scale, b.scale);
  const scaleA = quantizeMultiplier(a.scale / twice);
  const scaleB = quantizeMultiplier(b.scale / twice);
  const scaleY = quantizeMultiplier(twice / (2 ** 20 * output.scale));
  const table = (operand: AddSpec["a"], multiplier: QuantizedMultiplier, sign: 1 | -1) => {
    const { lo, hi } = typeRange(operand.type);
    return Int32Array.from(
      { length: hi - lo + 1 },
      (_, i) =>
        sign * Number(multiplyByQuantizedMultiplier(BigInt(lo + i - operand.zeroPoint) << leftShift, multiplier)),
    );
  };
  const tableA = table(a, scaleA, subtract === "first" ? -1 : 1);
  const tableB = table(b, scaleB, subtract === "second" ? -1 : 1);
  const sum = doubleRounding(scaleY, output.zeroPoint, clamp, {
    lo: Math.min(tableA[0]!, tableA.at(-1)!) + Math.min(tableB[0]!, tableB.at(-1)!),
    hi: Math.max(tableA[0]!, tableA.at(-1)!) + Math.max(tableB[0]!, tableB.at(-1)!),
  });
  const lowA = typeRange(a.type).lo;
  const lowB = typeRange(b.type).lo;
  return {
    value: (x, y) =>
      saturate(
        Number(multiplyByQuantizedMultiplier(BigInt(tableA[x - lowA]! + tableB[y - lowB]!), scaleY)) + output.zeroPoint,
        clamp.lo,
        clamp.hi,
      ),
    tables: () => ({ a: tableA, b: tableB, sum }),
  };
}
