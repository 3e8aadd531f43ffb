/** ONNX comparisons of two tensors, by the sign of their difference. Source: ONNX operator specification. */
import type { Expression, FunctionName } from "../../arith/expression.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { exactQuantization } from "../../import/unquantized.js";
import { pendingFunction } from "../table/real-function.js";
import { bothQuantized } from "../two-operands.onnx.js";
import { difference } from "./add.onnx.js";

/** a > b where a - b > 0; `reversed`: a < b where b - a > 0, so that the function of the difference never falls. */
const order =
  (name: FunctionName, reversed: boolean): OnnxRule =>
  (node, reader) => {
    if (!bothQuantized(node, reader)) return false; // functions of one tensor: table
    reader.define(node, { ...difference(node, reader, reversed), post: [name, "x", 0] });
    return true;
  };

/** A function of the difference that rises and falls: of its codes, so both tensors need one unit. */
const equality =
  (expression: Expression): OnnxRule =>
  (node, reader) => {
    if (!bothQuantized(node, reader)) return false;
    const settled = settle(node, reader);
    reader.define(
      node,
      pendingFunction(node, reader, { source: settled, expression, moves: [], shape: settled.shape }),
    );
    return true;
  };

function settle(node: OnnxNode, reader: GraphReader) {
  const pending = difference(node, reader, false);
  const exact = exactQuantization(pending);
  if (!exact) return reader.refuse(node, "tensors of different scales; quantize both with one scale to compare them");
  return reader.quantize(`${node.name}_difference`, pending, exact.type, exact.quantization);
}

export const differenceRules: Readonly<Record<string, OnnxRule>> = {
  Equal: equality(["LessOrEqual", ["Abs", "x"], 0]),
  Greater: order("Greater", false),
  GreaterOrEqual: order("GreaterOrEqual", false),
  Less: order("Greater", true),
  LessOrEqual: order("GreaterOrEqual", true),
  Xor: equality(["Greater", ["Abs", "x"], 0]),
};
