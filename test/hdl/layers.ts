/** Random layers with weights, appended to a graph under construction. */
import type { RequantizeLayer } from "../../compiler/arith/index.js";
import { type IntegerTensor, type IntegerType, type Range, int8, typeRange } from "../../compiler/ir/index.js";
import type { Conv2dAttributes } from "../../compiler/ops/conv2d/conv2d.types.js";
import type { DenseAttributes } from "../../compiler/ops/dense/dense.types.js";
import { type GraphBuilder, type Random, type Rounding, requantizeLayer } from "./graphs.js";

export interface ConvSpec {
  readonly out: number;
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
  readonly groups?: number;
  readonly type?: IntegerType;
  readonly weights?: Range;
  readonly rule?: Rounding;
}

/** Positions of a window along one axis. */
export function outSize(size: number, kernel: number, stride: number, dilation: number, before: number, after: number): number {
  return Math.floor((size + before + after - (kernel - 1) * dilation - 1) / stride) + 1;
}

interface Weighted {
  readonly inputZeroPoint: number;
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly requantize: RequantizeLayer;
}

/** Random weights for `outputs` sums of `taps` products each. */
function weighted(random: Random, input: IntegerTensor, outputs: number, taps: number, spec: Omit<ConvSpec, "out" | "kernel">): Weighted {
  const codes = typeRange(input.type);
  const inputZeroPoint = random.integer(codes.lo, codes.hi);
  const range = spec.weights ?? { lo: -128, hi: 127 };
  const weights = Int8Array.from({ length: outputs * taps }, () => random.integer(range.lo, range.hi));
  const bias = Int32Array.from({ length: outputs }, () => random.integer(-3000, 3000));
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
  const requantize = requantizeLayer(random, intervals, spec.type ?? int8, spec.rule);
  return { inputZeroPoint, weights, bias, requantize };
}

export function addConv2d(builder: GraphBuilder, random: Random, input: IntegerTensor, spec: ConvSpec): IntegerTensor {
  const [, height, width, channels] = input.shape as [number, number, number, number];
  const { out, kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1 } = spec;
  const taps = (kernel[0] * kernel[1] * channels) / groups;
  const attributes: Conv2dAttributes = { kernel, strides, dilations, pads, groups, ...weighted(random, input, out, taps, spec) };
  const outHeight = outSize(height, kernel[0], strides[0], dilations[0], pads[0], pads[2]);
  const outWidth = outSize(width, kernel[1], strides[1], dilations[1], pads[1], pads[3]);
  return builder.node("conv2d", [input], [1, outHeight, outWidth, out], attributes, spec.type);
}

export function addDense(builder: GraphBuilder, random: Random, input: IntegerTensor, outputs: number, spec: Omit<ConvSpec, "out" | "kernel"> = {}): IntegerTensor {
  const inputs = input.shape[input.shape.length - 1]!;
  const attributes: DenseAttributes = weighted(random, input, outputs, inputs, spec);
  return builder.node("dense", [input], [...input.shape.slice(0, -1), outputs], attributes, spec.type);
}
