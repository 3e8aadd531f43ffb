/**
 * Functions whose constants differ along several axes: every element is a channel of its own, of a depthwise convolution by ones.
 * Its channels' staircases hold the constants, a few words each, where a table per element would take 256 codes.
 */
import type { Pending } from "../../import/rules.js";
import { noClamp } from "../../ir/graph.js";
import { elementCount, int8, type Shape } from "../../ir/types.js";
import type { Conv2dGraphAttributes } from "../conv2d/conv2d.onnx.js";
import type { RealConstant, RealFunction } from "./real-function.js";

const perElement = new WeakSet<object>();

/** Whether the function is of a value whose channels are its elements. */
export function isPerElement({ source }: RealFunction): boolean {
  return perElement.has(source);
}

/** The function of a tensor with its elements as channels; undefined where it is already moved, or depends on channels. */
export function withElementsAsChannels(
  name: string,
  emit: (shape: Shape) => Pending["inputs"][number],
  { source, moves, expression, shape }: RealFunction,
): RealFunction | undefined {
  if ("kind" in source || moves.length > 0) return undefined;
  const count = elementCount(shape);
  const ones = { name: `${name}_ones`, shape: [count, 1, 1, 1], type: int8, data: new Int32Array(count).fill(1) };
  const attributes: Conv2dGraphAttributes = {
    kernel: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: count,
  };
  const elements: Pending = {
    kind: "pending",
    op: "conv2d",
    name,
    inputs: [emit([1, 1, 1, count]), { ...ones, quantization: { scales: [1], zeroPoints: [0] } }],
    attributes,
    clamp: noClamp,
    shape,
    moves: [{ op: "reshape", name, attributes: { shape } }],
  };
  perElement.add(elements);
  return { source: elements, expression, moves: elements.moves, shape };
}

/** A constant's value for every element of a tensor of `full`. */
export function spread({ shape, values }: RealConstant, full: Shape): number[] {
  const padded = [...new Array<number>(full.length - shape.length).fill(1), ...shape];
  const strides = padded.map((dim, axis) => (dim === 1 ? 0 : elementCount(padded.slice(axis + 1))));
  const steps = full.map((_, axis) => elementCount(full.slice(axis + 1)));
  return Array.from({ length: elementCount(full) }, (_, k) => {
    const at = strides.reduce((sum, stride, axis) => sum + (Math.floor(k / steps[axis]!) % full[axis]!) * stride, 0);
    return values[at]!;
  });
}
