/**
 * ONNX arithmetic that is a function of one quantized tensor: with constants (one for all elements or one per channel), or
 * of several functions of the same tensor, such as x * Sigmoid(x). Everything else about Add, Mul, .. lives in the homes of
 * those operations, which read their nodes first.
 */
import type { Expression, FunctionName } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, Move, OnnxRule } from "../../import/rules.js";
import { elementCount, type Shape } from "../../ir/types.js";
import { broadcastShape } from "../broadcast.js";
import { fromChannelsLast, toChannelsLast } from "../layout.js";
import {
  pendingFunction,
  type RealConstant,
  type RealFunction,
  realConstant,
  requireFunction,
} from "./real-function.js";

type Operand = { readonly constant: RealConstant } | { readonly real: RealFunction };

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
  const operands = node.inputs.map((_, index): Operand => {
    const constant = realConstant(reader.value(node, index));
    return constant ? { constant } : { real: requireFunction(node, reader, index) };
  });
  const functions = operands.flatMap((operand) => ("real" in operand ? [operand.real] : []));
  const constants = operands.flatMap((operand) => ("constant" in operand ? [operand.constant] : []));
  const first = functions[0];
  if (!first) return reader.refuse(node, "all operands are constants. Fold constants before export");
  for (const other of functions) {
    const same =
      other.tensor === first.tensor &&
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
  const perChannel = constants.some(({ values }) => uniform(values) === undefined);
  const source = perChannel ? channelsLastSource(node, reader, first) : first;
  const terms = operands.map((operand): Expression => {
    if ("real" in operand) return operand.real.expression;
    return (
      uniform(operand.constant.values) ?? { perChannel: channelValues(node, reader, operand.constant, first.shape) }
    );
  });
  const expression = terms.slice(1).reduce<Expression>((left, right) => [name, left, right], terms[0]!);
  reader.define(node, pendingFunction(node, { ...source, expression }));
  return true;
};

/** The one value of a constant, or undefined. */
function uniform(values: ArrayLike<number>): number | undefined {
  const first = values[0];
  return Array.from(values).every((value) => value === first) ? first : undefined;
}

/** The axis that ONNX calls channels: 1 of images, else the last. */
const channelAxis = (shape: Shape) => (shape.length === 4 ? 1 : shape.length - 1);

/** One value per channel of `shape`. */
function channelValues(node: OnnxNode, reader: GraphReader, { shape, values }: RealConstant, full: Shape): number[] {
  const axis = channelAxis(full);
  const channels = full[axis]!;
  const own = axis - (full.length - shape.length);
  if (values.length !== channels || shape[own] !== channels) {
    reader.refuse(
      node,
      `a constant of shape [${shape}] for an operand of shape [${full}]; expected one number, or one per channel. Quantize the constant instead`,
    );
  }
  return Array.from(values);
}

/** The moves that `channelsLastSource` added: behind one, the function's tensor already has its channels last. */
const ownMoves = new WeakSet<Move>();

/** The function with its tensor channels last, as tables per channel read it. */
function channelsLastSource(node: OnnxNode, reader: GraphReader, source: RealFunction): RealFunction {
  const { tensor, shape, moves } = source;
  if (moves.length === 1 && ownMoves.has(moves[0]!)) return source;
  if (moves.length > 0)
    reader.refuse(node, "a constant per channel behind a movement of unquantized values; quantize before it");
  if (shape.length !== 4) return source;
  const move = fromChannelsLast(node);
  ownMoves.add(move);
  return { ...source, tensor: toChannelsLast(reader, node, tensor), moves: [move] };
}
