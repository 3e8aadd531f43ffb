/**
 * ONNX arithmetic that is a function of one quantized tensor: with constants (one for all elements or one per channel), or
 * of several functions of the same tensor, such as x * Sigmoid(x). Everything else about Add, Mul, .. lives in the homes of
 * those operations, which read their nodes first.
 */
import { dependsOnChannel, type Expression, type FunctionName } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule, Value } from "../../import/rules.js";
import { isFloatType } from "../../import/tensor-data.js";
import type { Tensor } from "../../ir/graph.js";
import { elementCount, type Shape } from "../../ir/types.js";
import { broadcastShape } from "../broadcast.js";
import { isPerElement, spread, withElementsAsChannels } from "./per-element.js";
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
  Sum: "Add",
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
 * one per channel. `build` gets an expression per operand; `truths`: its values are 0 and 1 alone, which nothing rounds.
 */
export function combine(
  node: OnnxNode,
  reader: GraphReader,
  operands: readonly Operand[],
  build: (terms: readonly Expression[]) => Expression,
  truths = false,
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
  const axes = constantAxes(constants, first.shape);
  const expressions = functions.map(({ expression }) => expression);
  const elements = isPerElement(first) || axes.length > 1;
  const source = elements
    ? elementwise(node, reader, functions, truths)
    : axes[0] === undefined
      ? first
      : withAxisLast(node, reader, first, axes[0], expressions);
  // Functions of one value share their movements, so the first one's serve all; expressions are their own.
  const terms = operands.map((operand): Expression => {
    if ("real" in operand) return operand.real.expression;
    const { values } = operand.constant;
    return uniform(values) ?? { perChannel: elements ? spread(operand.constant, first.shape) : Array.from(values) };
  });
  reader.define(node, pendingFunction(node, reader, { ...source, expression: build(terms) }));
}

/** The value of the functions with its elements as channels; refuses the node where it has channels of another kind. */
function elementwise(
  node: OnnxNode,
  reader: GraphReader,
  functions: readonly RealFunction[],
  truths: boolean,
): RealFunction {
  const [first] = functions as [RealFunction];
  if (isPerElement(first)) return first;
  // The staircases of the channels round; integers are exact, or wrap around.
  if (!truths && node.inputs.some((_, index) => isInteger(reader.value(node, index))))
    reader.refuse(node, "integers with constants along several axes; expected one constant, or one per channel");
  const alone = functions.length === 1 && "kind" in first.source ? settled(node, reader) : first;
  const emit = (shape: Shape) => reader.emit("reshape", `${node.name}_elements`, alone.source as Tensor, { shape });
  const plain = !functions.some(({ expression }) => dependsOnChannel(expression));
  return (
    (plain ? withElementsAsChannels(node.name, emit, alone) : undefined) ??
    reader.refuse(node, "constants along several axes of a value that is not quantized yet; quantize it before them")
  );
}

function isInteger(value: Value | undefined): boolean {
  return value?.kind === "constant" && !isFloatType(value.constant.dataType);
}

/** The only operand that is no constant, as a tensor: where it is on a grid of its own. */
function settled(node: OnnxNode, reader: GraphReader): RealFunction {
  const index = node.inputs.findIndex((_, i) => !realConstant(reader.value(node, i)));
  const source = reader.quantized(node, index);
  return { source, expression: "x", moves: [], shape: source.shape };
}

/** The one value of a constant, or undefined. */
function uniform(values: ArrayLike<number>): number | undefined {
  const first = values[0];
  return Array.from(values).every((value) => value === first) ? first : undefined;
}

/** The axes of `full` along which constants differ. */
function constantAxes(constants: readonly RealConstant[], full: Shape): number[] {
  const axes = constants
    .filter(({ values }) => uniform(values) === undefined)
    .flatMap(({ shape }) => shape.flatMap((dim, i) => (dim > 1 ? [full.length - shape.length + i] : [])));
  return [...new Set(axes)];
}
