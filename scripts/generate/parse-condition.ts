/** Conditions of the scalar subset: comparisons joined by && and ||. They are not values. */
import { Node } from "ts-morph";
import type { CompareOperator, Condition } from "./ir.js";
import type { FunctionParser } from "./parse.js";
import { outside, placeOf } from "./place.js";

const comparisons = new Set(["<", "<=", ">", ">=", "===", "!=="]);

/** Whether a binary expression is a condition rather than an integer. */
export function isCondition(node: Node): boolean {
  if (!Node.isBinaryExpression(node)) return false;
  const operator = node.getOperatorToken().getText();
  return comparisons.has(operator) || operator === "&&" || operator === "||";
}

export function parseCondition(node: Node, parser: FunctionParser): Condition {
  if (Node.isParenthesizedExpression(node)) return parseCondition(node.getExpression(), parser);
  if (!Node.isBinaryExpression(node) || !isCondition(node)) throw outside(node, "is not a comparison");
  const at = placeOf(node);
  const operator = node.getOperatorToken().getText();
  if (operator === "&&" || operator === "||") {
    const left = parseCondition(node.getLeft(), parser);
    return { kind: operator === "&&" ? "and" : "or", at, left, right: parseCondition(node.getRight(), parser) };
  }
  const left = parser.expression(node.getLeft());
  return {
    kind: "compare",
    at,
    operator: operator as CompareOperator,
    left,
    right: parser.expression(node.getRight()),
  };
}
