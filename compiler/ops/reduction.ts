/** Reductions over axes as pooling: the reduced axes side by side are one axis of an image, whole under a window. */
import { Attributes } from "../import/attributes.js";
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader, Move } from "../import/rules.js";
import { elementCount, type Shape } from "../ir/types.js";
import { axisOf } from "./axis.js";
import type { Window } from "./conv2d/conv2d.types.js";
import { inversePermutation } from "./order.js";

export interface Reduction {
  /** Movements to the image, the pool's window on it, movements to the result. */
  readonly before: readonly Move[];
  readonly window: Window;
  readonly after: readonly Move[];
  /** Shape of the result. */
  readonly shape: Shape;
}

/** Reads axes (an attribute, or an input since opset 13 or 18) and keepdims of a Reduce operator. */
export function readReduction(node: OnnxNode, reader: GraphReader): (shape: Shape) => Reduction {
  const attributes = new Attributes(node, reader);
  const given = reader.integers(node, 1) ?? (node.attributes.has("axes") ? attributes.integers("axes", []) : []);
  const keep = attributes.integer("keepdims", 1) !== 0;
  const none = attributes.integer("noop_with_empty_axes", 0) !== 0 && given.length === 0;
  attributes.done();
  return (shape) => {
    const listed = given.map(
      (axis) => axisOf(axis, shape.length) ?? reader.refuse(node, `axis ${axis} of an input of shape [${shape}]`),
    );
    const all = given.length === 0 && !none;
    return reductionOver(node.name, shape, all ? shape.map((_, axis) => axis) : listed, keep);
  };
}

/** The reduction of a tensor of `shape` over these axes, which stay as axes of length 1 where `keep`. */
export function reductionOver(name: string, shape: Shape, axes: readonly number[], keep: boolean): Reduction {
  const reduced = shape.map((_, axis) => axes.includes(axis));
  const permutation = sideBySide(shape, reduced);
  const dims = permutation.map((axis) => shape[axis]!);
  const first = permutation.findIndex((axis) => reduced[axis] && shape[axis]! > 1);
  const outer = first < 0 ? 1 : elementCount(dims.slice(0, first));
  const count = elementCount(shape.filter((_, axis) => reduced[axis]));
  const inner = elementCount(shape) / outer / count;
  // With nothing in front the reduced axis is the height, so that the window is the whole map.
  const [image, kernel]: [Shape, readonly [number, number]] =
    outer === 1
      ? [
          [1, count, 1, inner],
          [count, 1],
        ]
      : [
          [1, outer, count, inner],
          [1, count],
        ];
  const kept = shape.map((dim, axis) => (reduced[axis] ? 1 : dim));
  const result = keep ? kept : shape.filter((_, axis) => !reduced[axis]);
  const reshape = (to: Shape): Move => ({ op: "reshape", name, attributes: { shape: to } });
  const transpose = (order: readonly number[]): Move[] =>
    order.every((axis, i) => axis === i) ? [] : [{ op: "transpose", name, attributes: { permutation: order } }];
  return {
    before: [...transpose(permutation), reshape(image)],
    window: { kernel, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] },
    after: [
      reshape(permutation.map((axis) => kept[axis]!)),
      ...transpose(inversePermutation(permutation)),
      reshape(result),
    ],
    shape: result,
  };
}

/**
 * An order of the axes in which the reduced ones lie side by side (axes of length 1 lie anywhere): channels last for an
 * image, where convolutions leave it; as they are; or the reduced ones behind the others.
 */
function sideBySide(shape: Shape, reduced: readonly boolean[]): readonly number[] {
  const axes = shape.map((_, axis) => axis);
  const orders = [...(shape.length === 4 && shape[0] === 1 ? [[0, 2, 3, 1]] : []), axes];
  const adjacent = (order: readonly number[]) => {
    const flags = order.filter((axis) => shape[axis]! > 1).map((axis) => reduced[axis]!);
    const [from, to] = [flags.indexOf(true), flags.lastIndexOf(true)];
    return flags.slice(Math.max(from, 0), to + 1).every(Boolean);
  };
  return orders.find(adjacent) ?? [...axes.filter((axis) => !reduced[axis]), ...axes.filter((axis) => reduced[axis])];
}
