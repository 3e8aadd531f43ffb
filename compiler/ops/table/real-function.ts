/** Values of the ONNX graph as real functions of one quantized tensor, and as constants. */
import type { Expression } from "../../arith/expression.js";
import { dependsOnChannel } from "../../arith/expression.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, Move, Pending, Value } from "../../import/rules.js";
import { noClamp, type RealClamp, type Tensor } from "../../ir/graph.js";
import { elementCount, type Shape } from "../../ir/types.js";
import type { TableGraphAttributes } from "./table.types.js";

/** A function of the elements of `tensor`, still to be quantized. */
export interface RealFunction {
  readonly tensor: Tensor;
  readonly expression: Expression;
  /** Movements of the codes once they are quantized; functions of single elements commute with them. */
  readonly moves: readonly Move[];
  /** Shape after `moves`. */
  readonly shape: Shape;
}

/** A constant operand by its real values. */
export interface RealConstant {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** The value as a function of one quantized tensor, bounds included; undefined when it is none. */
export function realFunction(value: Value | undefined): RealFunction | undefined {
  if (value?.kind === "real" && !value.tensor.data) {
    return { tensor: value.tensor, expression: "x", moves: [], shape: value.tensor.shape };
  }
  if (value?.kind !== "pending" || (value.op !== "table" && value.op !== "channel-table")) return undefined;
  const { expression = "x" } = value.attributes as TableGraphAttributes;
  return {
    tensor: value.inputs[0]!,
    expression: bounded(expression, value.clamp),
    moves: value.moves,
    shape: value.shape,
  };
}

function bounded(expression: Expression, { min, max }: RealClamp): Expression {
  const raised: Expression = min === -Infinity ? expression : ["Max", expression, min];
  return max === Infinity ? raised : ["Min", raised, max];
}

/** The real values of a float constant, or of a dequantized one (exact as doubles); undefined for anything else. */
export function realConstant(value: Value | undefined): RealConstant | undefined {
  if (value?.kind === "constant") return { shape: value.constant.dims, values: value.constant.values };
  if (value?.kind !== "real" || !value.tensor.data) return undefined;
  const { data, shape, quantization } = value.tensor;
  const { scales, zeroPoints, axis } = quantization;
  const inner = axis === undefined ? 1 : elementCount(shape.slice(axis + 1));
  const channel = (k: number) => (axis === undefined ? 0 : Math.floor(k / inner) % scales.length);
  return {
    shape,
    values: Float64Array.from(data, (code, k) => scales[channel(k)]! * (code - zeroPoints[channel(k)]!)),
  };
}

/** The result of a function as a value that waits for its quantization. */
export function pendingFunction(node: OnnxNode, { tensor, expression, moves, shape }: RealFunction): Pending {
  const op = dependsOnChannel(expression) ? "channel-table" : "table";
  return {
    kind: "pending",
    op,
    name: node.name,
    inputs: [tensor],
    attributes: { expression },
    clamp: noClamp,
    shape,
    moves,
  };
}

/** The function that input `index` is; refuses the node otherwise. */
export function requireFunction(node: OnnxNode, reader: GraphReader, index: number): RealFunction {
  const value = reader.value(node, index);
  const found = realFunction(value);
  if (found) return found;
  if (value?.kind !== "pending")
    return {
      tensor: reader.quantized(node, index),
      expression: "x",
      moves: [],
      shape: reader.quantized(node, index).shape,
    };
  return reader.refuse(
    node,
    `the result of '${value.name}' is not quantized; put QuantizeLinear and DequantizeLinear between them`,
  );
}
