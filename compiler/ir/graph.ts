/** The Graph: real-valued operations on quantized tensors. Every ONNX spelling becomes this one form. */

import type { Expression } from "../arith/expression.js";
import type { Diagnostic } from "../diagnostics.js";
import type { IntegerType, Shape } from "./types.js";

/** Affine quantization: real = scale * (code - zeroPoint). Scales are float32 values, exact as doubles. */
export interface Quantization {
  /** One entry, or one per index of `axis`. */
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** Axis of per-channel entries; undefined when per tensor. */
  readonly axis?: number | undefined;
}

/** A quantized tensor; constants carry their codes in `data`. */
export interface Tensor {
  readonly name: string;
  readonly shape: Shape;
  readonly type: IntegerType;
  readonly quantization: Quantization;
  readonly data?: Int32Array | undefined;
  /** Of a graph input: the function of a float value whose result the host quantizes; absent for the value itself. */
  readonly border?: Expression | undefined;
}

/** Real bounds applied to the result before it is quantized (a fused Relu or Clip). */
export interface RealClamp {
  readonly min: number;
  readonly max: number;
}

export const noClamp: RealClamp = { min: -Infinity, max: Infinity };

export interface GraphNode<Attributes = unknown> {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attributes: Attributes;
  /** Function of the operation's real value, applied before the clamp; only where the home says `post`. */
  readonly post?: Expression | undefined;
  readonly clamp: RealClamp;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** In execution order; every input is a graph input, a constant or an earlier output. */
  readonly nodes: readonly GraphNode[];
  /** What the user should know of how the model was read. */
  readonly notes?: readonly Diagnostic[];
}

/** The single scale of a per-tensor quantized tensor. */
export function scaleOf(tensor: Tensor): number {
  return tensor.quantization.scales[0]!;
}

/** The single zero point of a per-tensor quantized tensor. */
export function zeroPointOf(tensor: Tensor): number {
  return tensor.quantization.zeroPoints[0]!;
}
