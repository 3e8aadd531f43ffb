/** RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE and PAD: codes move, their quantization stays. */
import type { Tensor } from "../../ir/graph.js";
import { elementCount, type Shape } from "../../ir/types.js";
import type { TransposeAttributes } from "../../ops/transpose/transpose.types.js";
import type { NodeReader } from "./node-reader.js";

function reshape(node: NodeReader, x: Tensor, shape: Shape): void {
  node.requireSameQuantization(x);
  if (shape.some((dim) => !Number.isSafeInteger(dim) || dim < 1)) node.refuse(`[${x.shape}] cannot become [${shape}]`);
  node.define(node.reshaped(x, shape));
}

/** The new shape is input 1, or an option; -1 is what remains. */
export function readReshape(node: NodeReader): void {
  const x = node.activation(0);
  const given = node.numbers(1) ?? node.options.int32s(0);
  const known = given.filter((dim) => dim !== -1).reduce((a, b) => a * b, 1);
  reshape(
    node,
    x,
    given.map((dim) => (dim === -1 ? elementCount(x.shape) / known : dim)),
  );
}

/** Removes the axes that the option lists, or all axes of length 1. */
export function readSqueeze(node: NodeReader): void {
  const x = node.activation(0);
  const rank = x.shape.length;
  const axes = new Set(node.options.int32s(0).map((axis) => (axis < 0 ? axis + rank : axis)));
  reshape(
    node,
    x,
    x.shape.filter((dim, axis) => (axes.size === 0 ? dim !== 1 : !axes.has(axis))),
  );
}

/** Inserts an axis of length 1 before the axis that input 1 names. */
export function readExpandDims(node: NodeReader): void {
  const x = node.activation(0);
  const [given = NaN] = node.numbers(1) ?? [];
  const axis = given < 0 ? given + x.shape.length + 1 : given;
  if (!(axis >= 0 && axis <= x.shape.length)) node.refuse(`axis ${given} of an input of shape [${x.shape}]`);
  reshape(node, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

/** Input 1 is the permutation. */
export function readTranspose(node: NodeReader): void {
  const x = node.activation(0);
  node.requireSameQuantization(x);
  const permutation = node.numbers(1) ?? [];
  if (permutation.length !== x.shape.length || [...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    node.refuse(`[${permutation}] is no permutation of ${x.shape.length} axes`);
  }
  node.define(
    node.add({ op: "transpose", inputs: [x], attributes: { permutation } satisfies TransposeAttributes }, node.output),
  );
}

/** Input 1 lists what to put before and behind each axis of an image: codes of the zero point. */
export function readPad(node: NodeReader): void {
  const { x, pads } = node.paddedImage(0);
  node.requireSameQuantization(x);
  const given = node.numbers(1) ?? [];
  const [, , top = -1, bottom = -1, left = -1, right = -1] = given;
  const spatial = given.length === 8 && given.every((pad, i) => pad >= 0 && (pad === 0 || (i >= 2 && i < 6)));
  if (!spatial) node.refuse(`paddings [${given}]; expected four pairs, those of batch and channels 0`);
  node.definePadded(x, [pads[0] + top, pads[1] + left, pads[2] + bottom, pads[3] + right]);
}
