/** ONNX Mul and QLinearMul: an activation and another one or a constant. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import type { Tensor } from "../../ir/graph.js";
import { bothQuantized, pendingPair, twoOperands } from "../two-operands.onnx.js";

function product(node: OnnxNode, reader: GraphReader, first: Tensor, second: Tensor): Pending {
  new Attributes(node, reader).done();
  return pendingPair(node, "mul", twoOperands(node, reader, first, second), {});
}

export const readMul: OnnxRule = (node, reader) => {
  if (!bothQuantized(node, reader, 32)) return false; // functions of one tensor: table
  reader.define(node, product(node, reader, reader.quantized(node, 0, 32), reader.quantized(node, 1, 32)));
  return true;
};

/** com.microsoft QLinearMul: A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point */
export const readQLinearMul: OnnxRule = (node, reader) =>
  qlinearResult(
    reader,
    node,
    product(node, reader, qlinearOperand(reader, node, 0), qlinearOperand(reader, node, 3)),
    6,
  );
