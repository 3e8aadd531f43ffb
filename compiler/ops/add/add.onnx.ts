/** ONNX Add, Sub, Sum, Mean and QLinearAdd: an activation and another one or a constant, each with its own scale. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import type { Tensor } from "../../ir/graph.js";
import { bothQuantized, pendingPair, twoOperands } from "../two-operands.onnx.js";
import { readSums } from "../variadic.onnx.js";
import type { AddGraphAttributes } from "./add.types.js";

function sum(node: OnnxNode, reader: GraphReader, first: Tensor, second: Tensor, subtract: boolean): Pending {
  new Attributes(node, reader).done();
  const operands = twoOperands(node, reader, first, second);
  const attributes: AddGraphAttributes = subtract ? { subtract: operands.swapped ? "first" : "second" } : {};
  return pendingPair(node, "add", operands, attributes);
}

const rule =
  (subtract: boolean): OnnxRule =>
  (node, reader) => {
    // Unquantized operands: a MatMul's bias (dense), or functions of one tensor (table).
    if (!bothQuantized(node, reader)) return false;
    reader.define(node, sum(node, reader, reader.quantized(node, 0), reader.quantized(node, 1), subtract));
    return true;
  };

/** What the second operand of a node lacks to the first; `reversed`: the first to the second. */
export function difference(node: OnnxNode, reader: GraphReader, reversed: boolean): Pending {
  const [a, b] = [reader.quantized(node, 0), reader.quantized(node, 1)];
  return reversed ? sum(node, reader, b, a, true) : sum(node, reader, a, b, true);
}

export const readAdd = rule(false);
export const readSub = rule(true);

/** com.microsoft QLinearAdd: A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point */
export const readQLinearAdd: OnnxRule = (node, reader) =>
  qlinearResult(
    reader,
    node,
    sum(node, reader, qlinearOperand(reader, node, 0), qlinearOperand(reader, node, 3), false),
    6,
  );

const readMany = readSums({ sum: true });

/** Two operands are an Add. */
export const readSum: OnnxRule = (node, reader) =>
  node.inputs.length === 2 ? readAdd(node, reader) : readMany(node, reader);

export const readMean = readSums({ mean: true });
