/** Random layers, appended to a graph under construction. */
import type { RequantizeLayer } from "../../compiler/arith/index.js";
import { evaluateStaircase } from "../../compiler/arith/index.js";
import {
  elementCount,
  type IntegerTensor,
  type IntegerType,
  int8,
  type Range,
  type Shape,
  typeRange,
} from "../../compiler/ir/index.js";
import type { AddAttributes } from "../../compiler/ops/add/add.types.js";
import type { AveragePool2dAttributes } from "../../compiler/ops/average-pool2d/average-pool2d.types.js";
import type { ChannelTableAttributes } from "../../compiler/ops/channel-table/channel-table.types.js";
import type { Conv2dAttributes, Window } from "../../compiler/ops/conv2d/conv2d.types.js";
import type { DenseAttributes } from "../../compiler/ops/dense/dense.types.js";
import type { ExtremumAttributes } from "../../compiler/ops/extremum/extremum.types.js";
import type { MatMulAttributes } from "../../compiler/ops/matmul/matmul.types.js";
import type { MaxPool2dAttributes } from "../../compiler/ops/max-pool2d/max-pool2d.types.js";
import type { MulAttributes } from "../../compiler/ops/mul/mul.types.js";
import type { SoftmaxAttributes } from "../../compiler/ops/softmax/softmax.types.js";
import type { TableAttributes } from "../../compiler/ops/table/table.types.js";
import { type Weights, weightArray } from "../../compiler/ops/weights.js";
import { tapsInside } from "../../compiler/ops/window.js";
import { type GraphBuilder, type Random, type Rounding, requantizeLayer, scaledStaircase } from "./graphs.js";

export interface WeightSpec {
  readonly type?: IntegerType;
  readonly weights?: Range;
  readonly bias?: number;
  readonly rule?: Rounding;
  readonly zeroPoint?: number;
  readonly inputZeroPoint?: number;
}

export interface ConvSpec extends WeightSpec, Partial<Window> {
  readonly out: number;
  readonly kernel: readonly [number, number];
  readonly groups?: number;
}

function windowOf(spec: Partial<Window> & Pick<Window, "kernel">): Window {
  return { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], ...spec };
}

function outShape({ kernel, strides, dilations, pads }: Window, input: IntegerTensor): [number, number] {
  const size = (axis: 0 | 1) => {
    const padded = input.shape[axis + 1]! + pads[axis] + pads[axis + 2]!;
    return Math.floor((padded - (kernel[axis] - 1) * dilations[axis] - 1) / strides[axis]) + 1;
  };
  return [size(0), size(1)];
}

interface Weighted {
  readonly inputZeroPoint: number;
  readonly weights: Weights;
  readonly bias: Int32Array;
  readonly requantize: RequantizeLayer;
}

/** Random weights for `outputs` sums of `taps` products each. */
function weighted(random: Random, input: IntegerTensor, outputs: number, taps: number, spec: WeightSpec): Weighted {
  const codes = typeRange(input.type);
  const inputZeroPoint = spec.inputZeroPoint ?? random.integer(codes.lo, codes.hi);
  const range = spec.weights ?? { lo: -128, hi: 127 };
  const weights = weightArray(random.codes(outputs * taps, range));
  const largest = spec.bias ?? 3000;
  const bias = Int32Array.from({ length: outputs }, () => random.integer(-largest, largest));
  const intervals = Array.from(bias, (start, o) => {
    let lo = start;
    let hi = start;
    for (let i = 0; i < taps; i++) {
      const w = weights[o * taps + i]!;
      const ends = [w * (codes.lo - inputZeroPoint), w * (codes.hi - inputZeroPoint)];
      lo += Math.min(...ends);
      hi += Math.max(...ends);
    }
    return { lo, hi };
  });
  const requantize = requantizeLayer(random, intervals, spec.type ?? int8, spec.rule, spec.zeroPoint);
  return { inputZeroPoint, weights, bias, requantize };
}

export function addConv2d(builder: GraphBuilder, random: Random, input: IntegerTensor, spec: ConvSpec): IntegerTensor {
  const { out, kernel, strides, dilations, pads, groups = 1 } = { ...spec, ...windowOf(spec) };
  const taps = (kernel[0] * kernel[1] * input.shape[3]!) / groups;
  const attributes: Conv2dAttributes = {
    kernel,
    strides,
    dilations,
    pads,
    groups,
    ...weighted(random, input, out, taps, spec),
  };
  return builder.node("conv2d", [input], [1, ...outShape(attributes, input), out], attributes, spec.type);
}

export function addDense(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  outputs: number,
  spec: WeightSpec = {},
): IntegerTensor {
  const attributes: DenseAttributes = weighted(random, input, outputs, input.shape.at(-1)!, spec);
  return builder.node("dense", [input], [...input.shape.slice(0, -1), outputs], attributes, spec.type);
}

export function addMaxPool(
  builder: GraphBuilder,
  input: IntegerTensor,
  { least, ...spec }: Partial<MaxPool2dAttributes> & Pick<Window, "kernel">,
): IntegerTensor {
  const attributes: MaxPool2dAttributes = { ...windowOf(spec), ...(least ? { least } : {}) };
  const shape = [1, ...outShape(attributes, input), input.shape[3]!];
  return builder.node("max-pool2d", [input], shape, attributes, input.type);
}

export function addAveragePool(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  spec: Partial<Window> & Pick<Window, "kernel"> & { includePad?: boolean; rule?: Rounding; type?: IntegerType },
): IntegerTensor {
  const window = windowOf(spec);
  const [height, width] = outShape(window, input);
  const includePad = spec.includePad ?? false;
  const codes = typeRange(input.type);
  const type = spec.type ?? input.type;
  const clamp = typeRange(type);
  const padValue = random.integer(codes.lo, codes.hi);
  const counts = new Set<number>();
  for (let p = 0; p < height * width; p++) {
    const inside = tapsInside(window, input.shape[1]!, input.shape[2]!, Math.floor(p / width), p % width).length;
    counts.add(includePad ? window.kernel[0] * window.kernel[1] : inside);
  }
  const byCount = [...counts]
    .sort((a, b) => a - b)
    .map((count) => {
      const scale = 2 ** (type.bits - input.type.bits) / count;
      const staircase = scaledStaircase(count * codes.lo, count * codes.hi, scale, 0, clamp, spec.rule ?? "even");
      return { count, requantize: { channels: [staircase], zeroPoint: 0, clamp } };
    });
  const { kernel, strides, dilations, pads } = window;
  const attributes: AveragePool2dAttributes = { kernel, strides, dilations, pads, includePad, padValue, byCount };
  return builder.node("average-pool2d", [input], [1, height, width, input.shape[3]!], attributes, type);
}

/** a + b in the linear form, or in the table form with a curved table for `a`; `b` has at most 8 bits. */
export function addAdd(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  form: "linear" | "tables",
  type: IntegerType = int8,
): IntegerTensor {
  const [rangeA, rangeB, clamp] = [typeRange(a.type), typeRange(b.type), typeRange(type)];
  const linear = {
    ma: random.integer(300, 900),
    mb: -random.integer(300, 900),
    c: random.integer(-9000, 9000),
    shift: 10,
  };
  const codes = ({ lo, hi }: Range) => Array.from({ length: hi - lo + 1 }, (_, i) => lo + i);
  const left = Int32Array.from(codes(rangeA), (code) => Math.round(code * 97 + code ** 2 / 3));
  const right = Int32Array.from(codes(rangeB), (code) => code * 61);
  const extreme = (values: Int32Array, pick: (a: number, b: number) => number) => values.reduce((x, y) => pick(x, y));
  const ends = {
    lo: extreme(left, Math.min) + extreme(right, Math.min),
    hi: extreme(left, Math.max) + extreme(right, Math.max),
  };
  const requantize = requantizeLayer(random, [ends], type);
  const values = new Int32Array(left.length * 256);
  for (let x = 0; x < left.length; x++) {
    for (let y = 0; y < right.length; y++) {
      const sum = ((x + rangeA.lo) * linear.ma + (y + rangeB.lo) * linear.mb + linear.c) >> linear.shift;
      values[x * 256 + y] =
        form === "linear"
          ? Math.min(clamp.hi, Math.max(clamp.lo, sum))
          : evaluateStaircase(requantize.channels[0]!, left[x]! + right[y]!);
    }
  }
  const attributes: AddAttributes = {
    aLow: rangeA.lo,
    bLow: rangeB.lo,
    values,
    clamp,
    ...(form === "linear" ? { linear } : { tables: { a: left, b: right, requantize } }),
  };
  return builder.node("add", [a, b], a.shape, attributes, type);
}

/** The middle of the codes of a type. */
function middle({ type }: IntegerTensor): number {
  const { lo, hi } = typeRange(type);
  return Math.ceil((lo + hi) / 2);
}

/** Range of `terms` products (a - middle) * (b - middle). */
function productRange(a: IntegerTensor, b: IntegerTensor, terms: number): Range {
  const ends = (tensor: IntegerTensor) => Object.values(typeRange(tensor.type)).map((code) => code - middle(tensor));
  const corners = ends(a).flatMap((x) => ends(b).map((y) => terms * x * y));
  return { lo: Math.min(...corners), hi: Math.max(...corners) };
}

/** The product of elements around the middles of their codes, requantized. */
export function addMul(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  type: IntegerType,
): IntegerTensor {
  const attributes: MulAttributes = {
    aZeroPoint: middle(a),
    bZeroPoint: middle(b),
    bSigned: b.type.signed,
    requantize: requantizeLayer(random, [productRange(a, b, 1)], type),
  };
  return builder.node("mul", [a, b], a.shape, attributes, type);
}

/** The product of matrices a [rows, inner] and b [inner, columns], requantized. */
export function addMatMul(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  type: IntegerType,
): IntegerTensor {
  const [rows, inner, columns] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  const attributes: MatMulAttributes = {
    batch: 1,
    rows,
    inner,
    columns,
    aZeroPoint: middle(a),
    bZeroPoint: middle(b),
    requantize: requantizeLayer(random, [productRange(a, b, inner)], type),
  };
  return builder.node("matmul", [a, b], [rows, columns], attributes, type);
}

export function addExtremum(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  type: IntegerType,
): IntegerTensor {
  const table = ({ type: { bits } }: IntegerTensor) => Int32Array.from(random.codes(2 ** bits, int16Part(type)));
  const attributes: ExtremumAttributes = {
    kind: random.next() < 0.5 ? "max" : "min",
    aLow: typeRange(a.type).lo,
    bLow: typeRange(b.type).lo,
    a: table(a),
    b: table(b),
  };
  return builder.node("extremum", [a, b], a.shape, attributes, type);
}

/** The codes of a type that attributes of 16 bits hold. */
function int16Part(type: IntegerType): Range {
  const { lo, hi } = typeRange(type);
  return { lo, hi: Math.min(hi, 2 ** 15 - 1) };
}

export function addTable(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  range?: Range,
  type: IntegerType = int8,
): IntegerTensor {
  const attributes: TableAttributes = {
    low: typeRange(input.type).lo,
    values: Int32Array.from(random.codes(2 ** input.type.bits, range ?? int16Part(type))),
  };
  return builder.node("table", [input], input.shape, attributes, type);
}

/** A staircase of one code. */
export function addSteps(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  type: IntegerType,
  rule: Rounding,
): IntegerTensor {
  const attributes: TableAttributes = {
    requantize: requantizeLayer(random, [typeRange(input.type)], type, rule),
  };
  return builder.node("table", [input], input.shape, attributes, type);
}

/** a*weights[0] + b*weights[1], requantized. */
export function addWeights(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  type: IntegerType,
  rule: Rounding,
): IntegerTensor {
  const weights = [random.integer(-90, 90), random.integer(1, 90)] as const;
  const ends = [a, b].map((tensor, i) => Object.values(typeRange(tensor.type)).map((code) => code * weights[i]!));
  const range = {
    lo: Math.min(...ends[0]!) + Math.min(...ends[1]!),
    hi: Math.max(...ends[0]!) + Math.max(...ends[1]!),
  };
  const wide = { kind: "weights", weights, requantize: requantizeLayer(random, [range], type, rule) } as const;
  const attributes: AddAttributes = { clamp: typeRange(type), wide };
  return builder.node("add", [a, b], a.shape, attributes, type);
}

export function addChannelTable(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  type: IntegerType,
): IntegerTensor {
  const attributes: ChannelTableAttributes = {
    low: typeRange(input.type).lo,
    values: Int32Array.from(random.codes(input.shape.at(-1)! * 2 ** input.type.bits, int16Part(type))),
  };
  return builder.node("channel-table", [input], input.shape, attributes, type);
}

export function addTranspose(
  builder: GraphBuilder,
  input: IntegerTensor,
  permutation: readonly number[],
): IntegerTensor {
  return builder.node(
    "transpose",
    [input],
    permutation.map((axis) => input.shape[axis]!),
    { permutation },
    input.type,
  );
}

export function addReshape(
  builder: GraphBuilder,
  input: IntegerTensor,
  shape: Shape = [1, elementCount(input.shape)],
): IntegerTensor {
  return builder.node("reshape", [input], shape, {}, input.type);
}

/** Exponentials of -0.07*d: Q23 for `even`, Q0.31 for `tflite`. */
function exponentialTable(kind: "even" | "tflite"): Uint32Array {
  const one = kind === "even" ? 2 ** 23 : 2 ** 31 - 1;
  return Uint32Array.from({ length: 256 }, (_, d) => Math.round(one * Math.exp(-d * 0.07)));
}

export function addSoftmax(
  builder: GraphBuilder,
  input: IntegerTensor,
  kind: "even" | "tflite",
  type: IntegerType = int8,
  exponentials: Uint32Array = exponentialTable(kind),
): IntegerTensor {
  const attributes: SoftmaxAttributes = {
    kind,
    exponentials,
    levels: 256,
    levelsShift: 0,
    outputZeroPoint: typeRange(type).lo,
  };
  return builder.node("softmax", [input], input.shape, attributes, type);
}
