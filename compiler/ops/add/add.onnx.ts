/** ONNX Add and QLinearAdd of two activations of one shape, each with its own scale. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import { type Tensor, noClamp } from "../../ir/graph.js";

function addition(node: OnnxNode, reader: GraphReader, a: Tensor, b: Tensor): Pending {
  new Attributes(node, reader).done();
  if (a.data || b.data) reader.refuse(node, "adding a constant is not supported; expected two activations");
  if (a.shape.length !== b.shape.length || a.shape.some((dim, axis) => dim !== b.shape[axis])) {
    reader.refuse(node, `shapes [${a.shape}] and [${b.shape}] differ; broadcasting is not supported`);
  }
  return { kind: "pending", op: "add", name: node.name, inputs: [a, b], attributes: {}, clamp: noClamp, shape: a.shape, moves: [] };
}

export const readAdd: OnnxRule = (node, reader) => {
  const operands = [reader.value(node, 0), reader.value(node, 1)];
  if (operands.some((value) => value?.kind === "pending")) return false; // a MatMul's bias: dense reads it
  reader.define(node, addition(node, reader, reader.quantized(node, 0), reader.quantized(node, 1)));
  return true;
};

/** com.microsoft QLinearAdd: A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point */
export const readQLinearAdd: OnnxRule = (node, reader) =>
  qlinearResult(reader, node, addition(node, reader, qlinearOperand(reader, node, 0), qlinearOperand(reader, node, 3)), 6);
