/** ONNX comparisons with constants, And, Or, Xor, Not, and Where as functions of one value. Source: ONNX operator specification. */
import type { Expression, FunctionName } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { arithmetic, combine } from "./arithmetic.onnx.js";

/** A truth about two values. */
const binary =
  (build: (a: Expression, b: Expression) => Expression): OnnxRule =>
  (node, reader) => {
    new Attributes(node, reader).done();
    combine(node, reader, arithmetic(node, reader, 2), ([a, b]) => build(a!, b!), true);
    return true;
  };

const comparison = (name: FunctionName) => binary((a, b) => [name, a, b]);

const distance = (a: Expression, b: Expression): Expression => ["Abs", ["Sub", a, b]];

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
  // Truth values are 0 and 1; every expression ends in a comparison, whose grid is known whatever stands in it.
  And: binary((a, b) => ["GreaterOrEqual", ["Min", a, b], 1]),
  Equal: binary((a, b) => ["LessOrEqual", distance(a, b), 0]),
  Greater: comparison("Greater"),
  GreaterOrEqual: comparison("GreaterOrEqual"),
  Less: comparison("Less"),
  LessOrEqual: comparison("LessOrEqual"),
  Not: not,
  Or: binary((a, b) => ["GreaterOrEqual", ["Max", a, b], 1]),
  Where: where,
  Xor: binary((a, b) => ["Greater", distance(a, b), 0]),
};
