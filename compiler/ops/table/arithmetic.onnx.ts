/**
 * ONNX arithmetic that is a function of one quantized tensor: with constants (one for all elements or one per channel), or
 * of several functions of the same tensor, such as x * Sigmoid(x). Everything else about Add, Mul, .. lives in the homes of
 * those operations, which read their nodes first.
 */
import type { Expression, FunctionName } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { elementCount, type Shape } from "../../ir/types.js";
import { broadcastShape } from "../broadcast.js";
import {
  pendingFunction,
  type RealConstant,
  type RealFunction,
  realConstant,
  requireFunction,
  withAxisLast,
} from "./real-function.js";

export type Operand = { readonly constant: RealConstant } | { readonly real: RealFunction };

/** Operator of the expressions for each ONNX operator: PRelu is a LeakyRelu whose slope is an operand. */
const functionOf: Readonly<Record<string, FunctionName>> = {
  Add: "Add",
  Div: "Div",
  Max: "Max",
  Min: "Min",
  Mul: "Mul",
  Pow: "Pow",
  PRelu: "LeakyRelu",
  Sub: "Sub",
};

export const readArithmetic: OnnxRule = (node, reader) => {
  const name = functionOf[node.opType]!;
  new Attributes(node, reader).done();
  const operands = arithmetic(node, reader);
  // ONNX divides integers as C does.
  const truncates = name === "Div" && operands.some((operand) => "constant" in operand && operand.constant.integer);
  combine(node, reader, operands, (terms) => {
    const value = terms.slice(1).reduce<Expression>((left, right) => [name, left, right], terms[0]!);
    return truncates ? truncated(value) : value;
  });
  return true;
};

/** The value without its fraction. */
export function truncated(value: Expression): Expression {
  return ["Add", ["Max", ["Floor", value], 0], ["Min", ["Ceil", value], 0]];
}

/** Every input of the node as a constant or a function; refuses anything else, and another number of inputs than `count`. */
export function arithmetic(node: OnnxNode, reader: GraphReader, count = node.inputs.length): Operand[] {
  if (node.inputs.length !== count) reader.refuse(node, `${node.inputs.length} inputs; expected ${count}`);
  return node.inputs.map((_, index): Operand => {
    const constant = realConstant(reader.value(node, index));
    return constant ? { constant } : { real: requireFunction(node, reader, index) };
  });
}

/**
 * Defines the node's result as a function of the one value that its operands are functions of, constants of one number or of
 * one per channel. `build` gets an expression per operand.
 */
export function combine(
  node: OnnxNode,
  reader: GraphReader,
  operands: readonly Operand[],
  build: (terms: readonly Expression[]) => Expression,
): void {
  const functions = operands.flatMap((operand) => ("real" in operand ? [operand.real] : []));
  const constants = operands.flatMap((operand) => ("constant" in operand ? [operand.constant] : []));
  const first = functions[0];
  if (!first) {
    reader.refuse(node, "all operands are constants");
    return;
  }
  for (const other of functions) {
    const same =
      other.source === first.source &&
      other.moves.length === first.moves.length &&
      other.moves.every((move, i) => move === first.moves[i]);
    if (!same) reader.refuse(node, "the operands are functions of different tensors; quantize each operand first");
  }
  for (const { shape } of constants) {
    const result = broadcastShape(first.shape, shape);
    if (!result || elementCount(result) !== elementCount(first.shape) || result.length !== first.shape.length) {
      reader.refuse(node, `a constant of shape [${shape}] does not broadcast to the operand's shape [${first.shape}]`);
    }
  }
  const axis = channelAxis(node, reader, constants, first.shape);
  const expressions = functions.map(({ expression }) => expression);
  const source = axis === undefined ? first : withAxisLast(node, reader, first, axis, expressions);
  // Functions of one value share their movements, so the first one's serve all; expressions are their own.
  const terms = operands.map((operand): Expression => {
    if ("real" in operand) return operand.real.expression;
    const { values } = operand.constant;
    return uniform(values) ?? { perChannel: Array.from(values) };
  });
  reader.define(node, pendingFunction(node, reader, { ...source, expression: build(terms) }));
}

/** The one value of a constant, or undefined. */
function uniform(values: ArrayLike<number>): number | undefined {
  const first = values[0];
  return Array.from(values).every((value) => value === first) ? first : undefined;
}

/** The axis of `full` along which constants differ; undefined when they do not. Refuses constants that differ along more. */
function channelAxis(
  node: OnnxNode,
  reader: GraphReader,
  constants: readonly RealConstant[],
  full: Shape,
): number | undefined {
  let found: number | undefined;
  for (const { shape, values } of constants) {
    if (uniform(values) !== undefined) continue;
    const long = shape.flatMap((dim, i) => (dim > 1 ? [full.length - shape.length + i] : []));
    if (long.length !== 1 || (found !== undefined && found !== long[0])) {
      return reader.refuse(
        node,
        `a constant of shape [${shape}] for an operand of shape [${full}]; expected one number, or one per channel. Quantize the constant instead`,
      );
    }
    found = long[0];
  }
  return found;
}
