/** ONNX Reshape, Flatten, Squeeze and Unsqueeze: codes in the same order under another shape. */
import { Attributes } from "../../import/attributes.js";
import { boolType } from "../../import/fold/element-type.js";
import { foldLimit } from "../../import/fold/fold-node.js";
import type { OnnxNode } from "../../import/onnx.js";
import { shapeOf } from "../../import/quantize-rules.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { elementCount, type Shape } from "../../ir/types.js";

export interface ReshapeGraphAttributes {
  readonly shape: Shape;
}

/** Names the node's result: its input under another shape. */
function reshapeTo(node: OnnxNode, reader: GraphReader, target: (shape: Shape) => Shape): boolean {
  return reader.move(node, (current) => {
    const shape = target(current);
    const valid = shape.every((dim) => Number.isSafeInteger(dim) && dim > 0);
    if (!valid || elementCount(shape) !== elementCount(current))
      reader.refuse(node, `[${current}] cannot become [${shape}]`);
    return [{ op: "reshape", name: node.name, attributes: { shape } satisfies ReshapeGraphAttributes }];
  });
}

export const readReshape: OnnxRule = (node, reader) => {
  const given = reader.integers(node, 1) ?? reader.refuse(node, "the shape is missing");
  const attributes = new Attributes(node, reader);
  const allowZero = attributes.integer("allowzero", 0) !== 0;
  attributes.done();
  return reshapeTo(node, reader, (shape) => {
    const dims = given.map((dim, axis) => (dim === 0 && !allowZero ? (shape[axis] ?? 0) : dim));
    const known = dims.filter((dim) => dim !== -1).reduce((a, b) => a * b, 1);
    return dims.map((dim) => (dim === -1 ? elementCount(shape) / known : dim));
  });
};

/** The value itself, whatever it is. */
export const readIdentity: OnnxRule = (node, reader) => {
  const value = reader.value(node, 0);
  if (value === undefined) return reader.refuse(node, "the input is missing");
  reader.define(node, value);
  return true;
};

/** As inference runs it: the value itself, whatever it is; the mask keeps every element. */
export const readDropout: OnnxRule = (node, reader) => {
  const [ratio] = reader.numbers(node, 1) ?? [];
  const [training] = reader.numbers(node, 2) ?? [];
  if (training && ratio !== 0) reader.refuse(node, "training mode is not supported");
  readIdentity(node, reader);
  const name = node.outputs[1];
  if (!name) return true;
  const dims = shapeOf(reader.value(node, 0)!);
  if (elementCount(dims) > foldLimit)
    reader.refuse(node, `a mask of ${elementCount(dims)} elements; expected at most ${foldLimit}, or no mask`);
  const values = new Uint8Array(elementCount(dims)).fill(1);
  reader.define(node, { kind: "constant", constant: { name, dataType: boolType, dims, values } }, 1);
  return true;
};

export const readFlatten: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const given = attributes.integer("axis", 1);
  attributes.done();
  return reshapeTo(node, reader, (shape) => {
    const axis = given < 0 ? given + shape.length : given;
    if (axis < 0 || axis > shape.length) reader.refuse(node, `axis ${given} of an input of shape [${shape}]`);
    return [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
  });
};

/** Axes as an attribute before opset 13, as an input since. */
function readAxes(node: OnnxNode, reader: GraphReader): readonly number[] | undefined {
  const attributes = new Attributes(node, reader);
  const axes = reader.integers(node, 1) ?? (node.attributes.has("axes") ? attributes.integers("axes", []) : undefined);
  attributes.done();
  return axes;
}

/** Axes counted from the front; refuses those that `rank` axes do not have, or have twice. */
function fromFront(node: OnnxNode, reader: GraphReader, axes: readonly number[], rank: number): readonly number[] {
  const own = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const valid = own.every((axis) => axis >= 0 && axis < rank) && new Set(own).size === own.length;
  return valid ? own : reader.refuse(node, `axes [${axes}] of ${rank} axes`);
}

export const readSqueeze: OnnxRule = (node, reader) => {
  const axes = readAxes(node, reader);
  return reshapeTo(node, reader, (shape) => {
    const dropped = axes && fromFront(node, reader, axes, shape.length);
    return shape.filter((dim, axis) => (dropped ? !dropped.includes(axis) : dim !== 1));
  });
};

export const readUnsqueeze: OnnxRule = (node, reader) => {
  const axes = readAxes(node, reader) ?? reader.refuse(node, "the axes are missing");
  return reshapeTo(node, reader, (shape) => {
    const rank = shape.length + axes.length;
    const added = fromFront(node, reader, axes, rank);
    const rest = [...shape];
    return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!));
  });
};
