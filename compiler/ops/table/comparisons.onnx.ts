/** ONNX comparisons with constants, Not, and Where as a function of one value. Source: ONNX operator specification. */
import type { Expression, FunctionName } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { arithmetic, combine } from "./arithmetic.onnx.js";

const comparison =
  (name: FunctionName): OnnxRule =>
  (node, reader) => {
    new Attributes(node, reader).done();
    combine(node, reader, arithmetic(node, reader, 2), ([a, b]) => [name, a!, b!]);
    return true;
  };

const not: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  combine(node, reader, arithmetic(node, reader, 1), ([x]) => ["Sub", 1, x!]);
  return true;
};

/** b + (a - b)*c for c in {0, 1}. */
const where: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const choose = ([condition, a, b]: readonly Expression[]): Expression => [
    "Add",
    b!,
    ["Mul", ["Sub", a!, b!], condition!],
  ];
  combine(node, reader, arithmetic(node, reader, 3), choose);
  return true;
};

export const comparisonRules: Readonly<Record<string, OnnxRule>> = {
  Greater: comparison("Greater"),
  GreaterOrEqual: comparison("GreaterOrEqual"),
  Less: comparison("Less"),
  LessOrEqual: comparison("LessOrEqual"),
  Not: not,
  Where: where,
};
