/** ONNX Reshape and Flatten: codes in the same order under another shape. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { type Shape, elementCount } from "../../ir/types.js";

export interface ReshapeGraphAttributes {
  readonly shape: Shape;
}

/** Names the node's result: its input under another shape. */
function reshapeTo(node: OnnxNode, reader: GraphReader, target: (shape: Shape) => Shape): boolean {
  return reader.move(node, (current) => {
    const shape = target(current);
    const valid = shape.every((dim) => Number.isSafeInteger(dim) && dim > 0);
    if (!valid || elementCount(shape) !== elementCount(current)) reader.refuse(node, `[${current}] cannot become [${shape}]`);
    return [{ op: "reshape", name: node.name, attributes: { shape } satisfies ReshapeGraphAttributes }];
  });
}

export const readReshape: OnnxRule = (node, reader) => {
  const target = reader.numbers(node, 1);
  const attributes = new Attributes(node, reader);
  const allowZero = attributes.integer("allowzero", 0) !== 0;
  const given = target ?? attributes.integers("shape", []);
  attributes.done();
  return reshapeTo(node, reader, (shape) => {
    const dims = given.map((dim, axis) => (dim === 0 && !allowZero ? (shape[axis] ?? 0) : dim));
    const known = dims.filter((dim) => dim !== -1).reduce((a, b) => a * b, 1);
    return dims.map((dim) => (dim === -1 ? elementCount(shape) / known : dim));
  });
};

/** Identity, and Dropout as inference runs it: the value itself, whatever it is. */
export const readIdentity: OnnxRule = (node, reader) => {
  const value = reader.value(node, 0);
  if (value === undefined) return reader.refuse(node, "the input is missing");
  reader.define(node, value);
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
