/** ONNX Add of two activations of one shape, each with its own scale. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { noClamp } from "../../ir/graph.js";

export const readAdd: OnnxRule = (node, reader) => {
  const operands = [reader.value(node, 0), reader.value(node, 1)];
  if (operands.some((value) => value?.kind === "pending")) return false; // a MatMul's bias: dense reads it
  const a = reader.quantized(node, 0);
  const b = reader.quantized(node, 1);
  new Attributes(node, reader).done();
  if (a.data || b.data) reader.refuse(node, "adding a constant is not supported; expected two activations");
  if (a.shape.length !== b.shape.length || a.shape.some((dim, axis) => dim !== b.shape[axis])) {
    reader.refuse(node, `shapes [${a.shape}] and [${b.shape}] differ; broadcasting is not supported`);
  }
  reader.define(node, {
    kind: "pending",
    op: "add",
    name: node.name,
    inputs: [a, b],
    attributes: {},
    clamp: noClamp,
    shape: a.shape,
  });
  return true;
};
