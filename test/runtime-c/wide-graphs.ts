/** Random layers of tensors of 1, 2 and 4 bytes per code, and of int16 weights. */

import { exact } from "../../compiler/arith/definitions/exact.js";
import { identityStaircase, type RequantizeLayer, staircaseOf } from "../../compiler/arith/index.js";
import { elementCount, type IntegerTensor, type IntegerType, type Range, typeRange } from "../../compiler/ir/index.js";
import { lowerWide } from "../../compiler/ops/add/wide.js";
import type { Window } from "../../compiler/ops/conv2d/conv2d.types.js";
import { windowShape } from "../../compiler/ops/window.js";
import { type GraphBuilder, type Rounding, randomStaircase, randomWindow } from "./graphs.js";
import type { Random } from "./random.js";

const type = (bits: number, signed: boolean): IntegerType => ({ bits, signed });

/** Types that codes of layers with arithmetic have. */
export const layerTypes = [3, 8, 9, 16].flatMap((bits) => [type(bits, true), type(bits, false)]);

/** All types that tensors may have. */
export const allTypes = [...layerTypes, type(20, false), type(20, true), type(32, true)];

/** Staircases for accumulators within `ranges`: identities for 32 bits; else any form, or one that uses all codes. */
export function wideLayer(
  random: Random,
  ranges: readonly Range[],
  output: IntegerType,
  rounding: Rounding | "whole",
): RequantizeLayer {
  const clamp = typeRange(output);
  if (output.bits === 32) return { channels: ranges.map(identityStaircase), zeroPoint: 0, clamp };
  const zeroPoint = random.integer(clamp.lo, clamp.hi);
  const channels = ranges.map(({ lo, hi }) => {
    if (rounding !== "whole") return randomStaircase(random, lo, hi, zeroPoint, clamp, rounding);
    const scale = (clamp.hi - clamp.lo) / Math.max(hi - lo, 1);
    const value = (acc: number) => Math.min(clamp.hi, clamp.lo + Math.floor((acc - lo) * scale + 0.25));
    return staircaseOf(value, lo, hi, (code) => lo + (code - clamp.lo) / scale);
  });
  return { channels, zeroPoint, clamp };
}

/** Weights and biases whose sums fit 32 bits; int16 weights are as large as that allows. */
function wideProduct(random: Random, outputs: number, taps: number, input: IntegerType, wide: boolean) {
  const codes = typeRange(input);
  const inputZeroPoint = random.integer(codes.lo, codes.hi);
  const limit = Math.min(wide ? 32767 : 127, Math.floor(2 ** 30 / taps / (codes.hi - codes.lo)));
  const draw = () => random.integer(-limit, limit);
  const length = outputs * taps;
  const weights = wide ? Int16Array.from({ length }, draw) : Int8Array.from({ length }, draw);
  const bias = Int32Array.from({ length: outputs }, () => random.integer(-(2 ** 28), 2 ** 28));
  const ranges = Array.from(bias, (value, o) => {
    let [lo, hi] = [value, value];
    for (const factor of weights.subarray(o * taps, (o + 1) * taps)) {
      const ends = [factor * (codes.lo - inputZeroPoint), factor * (codes.hi - inputZeroPoint)];
      lo += Math.min(...ends, 0);
      hi += Math.max(...ends, 0);
    }
    return { lo, hi };
  });
  return { attributes: { inputZeroPoint, weights, bias }, ranges };
}

export interface WideChoice {
  readonly output: IntegerType;
  readonly rounding: Rounding | "whole";
  readonly wideWeights: boolean;
}

export function addWideDense(
  builder: GraphBuilder,
  random: Random,
  x: IntegerTensor,
  outputs: number,
  { output, rounding, wideWeights }: WideChoice,
): IntegerTensor {
  const { attributes, ranges } = wideProduct(random, outputs, x.shape.at(-1)!, x.type, wideWeights);
  const requantize = wideLayer(random, ranges, output, rounding);
  return builder.node("dense", [x], { ...attributes, requantize }, [...x.shape.slice(0, -1), outputs], output);
}

export function addWideConv2d(
  builder: GraphBuilder,
  random: Random,
  x: IntegerTensor,
  outputs: number,
  groups: number,
  { output, rounding, wideWeights }: WideChoice,
  given?: Window,
): IntegerTensor {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const window = given ?? randomWindow(random, height, width, 3);
  const taps = (window.kernel[0] * window.kernel[1] * channels) / groups;
  const { attributes, ranges } = wideProduct(random, outputs, taps, x.type, wideWeights);
  const requantize = wideLayer(random, ranges, output, rounding);
  const shape = [1, ...windowShape(window, height, width, "conv2d"), outputs];
  return builder.node("conv2d", [x], { ...window, groups, ...attributes, requantize }, shape, output);
}

/** The product of two tensors whose codes have at most 24 bits together, or of one and a constant. */
export function addWideMul(
  builder: GraphBuilder,
  random: Random,
  operands: readonly IntegerTensor[],
  constant: Int16Array | undefined,
  output: IntegerType,
  rounding: Rounding,
): IntegerTensor {
  const [a, b] = operands as [IntegerTensor, IntegerTensor | undefined];
  const [x, z] = [typeRange(a.type), b ? typeRange(b.type) : { lo: -1000, hi: 1000 }];
  const [aZeroPoint, bZeroPoint] = [random.integer(x.lo, x.hi), random.integer(z.lo, z.hi)];
  const products = [x.lo, x.hi].flatMap((p) => [z.lo, z.hi].map((q) => (p - aZeroPoint) * (q - bZeroPoint)));
  const range = { lo: Math.min(...products), hi: Math.max(...products) };
  const requantize = wideLayer(random, [range], output, rounding);
  const bSigned = b?.type.signed ?? true;
  return builder.node("mul", [...operands], { aZeroPoint, bZeroPoint, bSigned, requantize, constant }, a.shape, output);
}

const codesOf = (random: Random, from: IntegerType, to: IntegerType) => {
  const [{ lo, hi }, codes] = [typeRange(from), typeRange(to)];
  return Array.from({ length: hi - lo + 1 }, () => random.integer(codes.lo, codes.hi));
};

export function addWideExtremum(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  output: IntegerType,
): IntegerTensor {
  const tables = {
    a: Int16Array.from(codesOf(random, a.type, output)),
    b: Int16Array.from(codesOf(random, b.type, output)),
  };
  const lows = { aLow: typeRange(a.type).lo, bLow: typeRange(b.type).lo };
  return builder.node("extremum", [a, b], { kind: random.pick(["max", "min"]), ...lows, ...tables }, a.shape, output);
}

/** A table for the whole tensor, or one per channel. */
export function addWideTable(
  builder: GraphBuilder,
  random: Random,
  x: IntegerTensor,
  output: IntegerType,
  perChannel: boolean,
): IntegerTensor {
  const channels = perChannel ? x.shape.at(-1)! : 1;
  const values = Int32Array.from(Array.from({ length: channels }, () => codesOf(random, x.type, output)).flat());
  const attributes = { low: typeRange(x.type).lo, values };
  return builder.node(perChannel ? "channel-table" : "table", [x], attributes, x.shape, output);
}

/** Concatenation, padding, a strided copy and a transposition, in a row. */
export function addMovements(builder: GraphBuilder, random: Random, x: IntegerTensor, y: IntegerTensor): IntegerTensor {
  const [rows, columns, channels] = x.shape as [number, number, number];
  const other = y.shape[1]!;
  const joined = builder.node("concat", [x, y], { axis: 1 }, [rows, columns + other, channels], x.type);
  const pads = Array.from({ length: 6 }, () => random.integer(0, 2));
  const dims = joined.shape.map((dim, axis) => dim + pads[axis]! + pads[axis + 3]!);
  const { lo, hi } = typeRange(x.type);
  const padded = builder.node("pad", [joined], { pads, code: random.integer(lo, hi) }, dims, x.type);
  // Backwards, every second element of the last axis.
  const half = Math.ceil(dims[2]! / 2);
  const order = { dims: [dims[0]! * dims[1]!, half], strides: [-dims[2]!, 2], offset: elementCount(dims) - dims[2]! };
  const strided = builder.node("strided", [padded], order, [dims[0]! * dims[1]!, half], x.type);
  return builder.node("transpose", [strided], { permutation: [1, 0] }, [half, dims[0]! * dims[1]!], x.type);
}

/** A staircase of one code. */
export function addSteps(
  builder: GraphBuilder,
  random: Random,
  x: IntegerTensor,
  output: IntegerType,
  rounding: Rounding | "whole",
): IntegerTensor {
  return builder.node(
    "table",
    [x],
    { requantize: wideLayer(random, [typeRange(x.type)], output, rounding) },
    x.shape,
    output,
  );
}

/** a + b by the compiler's own forms: 64-bit sums for scales of their own, whole weights for one scale. */
export function addWideSum(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  output: IntegerType,
): IntegerTensor {
  const clamp = typeRange(output);
  const one = random.integer(0, 2) === 0;
  const factor = () => 1 + random.integer(0, 2 ** 20) / 2 ** 20;
  const operands = [a, b].map(({ type }, i) => ({
    scale: Math.fround((one ? 0.01 : 0.01 * factor()) * 2 ** (16 - type.bits)),
    zeroPoint: random.integer(typeRange(type).lo, typeRange(type).hi),
    sign: i === 1 && random.integer(0, 1) === 0 ? (-1n as const) : (1n as const),
    bits: type.bits,
    reachable: typeRange(type),
  }));
  const scale = Math.fround(0.02 * 2 ** (16 - output.bits) * factor());
  const { wide } = lowerWide(
    {
      node: "sum",
      operands: [operands[0]!, operands[1]!],
      post: undefined,
      output: { scale, zeroPoint: random.integer(clamp.lo, clamp.hi) },
      clamp,
    },
    { numerics: exact, ranges: () => [], note: () => {} },
  );
  return builder.node("add", [a, b], { clamp, wide }, a.shape, output);
}
