/** Values of the ONNX graph as real functions of one tensor or of one operation's result, and as constants. */
import type { Expression } from "../../arith/expression.js";
import { dependsOnChannel } from "../../arith/expression.js";
import { monotonicity } from "../../arith/monotonicity.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { FloatInput, GraphReader, Move, Pending, Unquantized, Value } from "../../import/rules.js";
import { integerTypeOf } from "../../import/tensor-data.js";
import { isPlain } from "../../import/values.js";
import { noClamp, type RealClamp, type Tensor } from "../../ir/graph.js";
import { elementCount, int8, type Shape } from "../../ir/types.js";
import { opHomes } from "../index.js";
import { inversePermutation } from "../order.js";
import type { TableGraphAttributes } from "./table.types.js";

/** A function of the elements of a tensor, or of an operation's unquantized result; still to be quantized. */
export interface RealFunction {
  readonly source: Tensor | Pending | FloatInput;
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
  /** Whether ONNX computes with it in integers. */
  readonly integer?: boolean;
}

/** The pending result without any function of it: what several functions of one result have in common. */
const origins = new WeakMap<Unquantized, Pending | FloatInput>();

/** The value as a function, bounds included; undefined when it is none. */
export function realFunction(value: Value | undefined): RealFunction | undefined {
  if (value?.kind === "real" && !value.tensor.data) {
    return { source: value.tensor, expression: "x", moves: [], shape: value.tensor.shape };
  }
  if (value?.kind === "codes" && !value.tensor.data && isPlain(value.tensor))
    return realFunction({ ...value, kind: "real" });
  if (value?.kind === "float-input") {
    const { expression = "x", moves, shape } = value;
    return { source: origins.get(value) ?? value, expression, moves, shape };
  }
  if (value?.kind !== "pending") return undefined;
  const { op, attributes, post = "x", clamp, moves, shape } = value;
  if (op === "table" || op === "channel-table") {
    const { expression = "x" } = attributes as TableGraphAttributes;
    return { source: value.inputs[0]!, expression: bounded(expression, clamp), moves, shape };
  }
  if (!opHomes.get(op)!.post) return undefined;
  return { source: origins.get(value) ?? value, expression: bounded(post, clamp), moves, shape };
}

function bounded(expression: Expression, { min, max }: RealClamp): Expression {
  const raised: Expression = min === -Infinity ? expression : ["Max", expression, min];
  return max === Infinity ? raised : ["Min", raised, max];
}

/** The real values of a float constant, or of a dequantized one (exact as doubles); undefined for anything else. */
export function realConstant(value: Value | undefined): RealConstant | undefined {
  if (value?.kind === "constant") {
    const { dims, values, dataType } = value.constant;
    return { shape: dims, values, integer: integerTypeOf(dataType) !== undefined };
  }
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

/** The result of a function as a value that waits for its quantization. Refuses what may not pass a movement that selects. */
export function pendingFunction(
  node: OnnxNode,
  reader: GraphReader,
  { source, expression, moves, shape }: RealFunction,
): Unquantized {
  if (moves.some(({ op }) => opHomes.get(op)!.selects) && !neverDecreases(expression)) {
    reader.refuse(node, "a function that may decrease behind a maximum of unquantized values; quantize between them");
  }
  if ("kind" in source) {
    const result: Unquantized =
      source.kind === "pending"
        ? { ...source, post: expression, clamp: noClamp, moves, shape }
        : { ...source, expression, moves, shape };
    origins.set(result, source);
    return result;
  }
  const op = dependsOnChannel(expression) ? "channel-table" : "table";
  const common = { kind: "pending", op, name: node.name, inputs: [source], clamp: noClamp } as const;
  return { ...common, attributes: { expression } satisfies TableGraphAttributes, shape, moves };
}

function neverDecreases(expression: Expression): boolean {
  if (dependsOnChannel(expression)) return false;
  const dependence = monotonicity(expression);
  return dependence === "increasing" || dependence === "constant";
}

/** The function that input `index` is; refuses the node otherwise. */
export function requireFunction(node: OnnxNode, reader: GraphReader, index: number): RealFunction {
  const value = reader.value(node, index);
  const found = realFunction(value);
  if (found) return found;
  if (value?.kind === "pending") {
    return reader.refuse(
      node,
      `the result of '${value.name}' is not quantized; put QuantizeLinear and DequantizeLinear between them`,
    );
  }
  const tensor = reader.quantized(node, index);
  return { source: tensor, expression: "x", moves: [], shape: tensor.shape };
}

/**
 * The function with `axis` of its shape last before its movements, as constants per channel need it: transpositions are added
 * where there are no movements yet. Refuses the node when the axis goes elsewhere, and when one of the `expressions` of the
 * same source has constants along another axis already.
 */
export function withAxisLast(
  node: OnnxNode,
  reader: GraphReader,
  found: RealFunction,
  axis: number,
  expressions: readonly Expression[] = [found.expression],
): RealFunction {
  const { source, moves, shape } = found;
  if (lastAxisBehind(startShape(source), moves) === axis) return found;
  if (moves.length > 0 || "kind" in source) {
    return reader.refuse(node, "a constant per channel behind a movement of unquantized values; quantize before it");
  }
  if (expressions.some(dependsOnChannel))
    return reader.refuse(node, "constants along two axes of one unquantized value; quantize between them");
  const permutation = [...shape.keys()].filter((other) => other !== axis).concat(axis);
  const moved = reader.emit("transpose", `${node.name}_channels_last`, source, { permutation });
  const back: Move = {
    op: "transpose",
    name: `${node.name}_to_onnx`,
    attributes: { permutation: inversePermutation(permutation) },
  };
  return { ...found, source: moved, moves: [back] };
}

/** Shape of what the movements start from. */
function startShape(source: RealFunction["source"]): Shape {
  if (!("kind" in source)) return source.shape;
  return source.kind === "pending" ? opHomes.get(source.op)!.inferShape(source) : source.source;
}

/** Where movements put the last axis of `shape`; undefined for other ones than transpositions and axes of length 1. */
export function lastAxisBehind(shape: Shape, moves: readonly Move[]): number | undefined {
  let current = shape;
  let axis = shape.length - 1;
  for (const { op, name, attributes } of moves) {
    const home = opHomes.get(op)!;
    const permutation = home.permutation?.(attributes);
    const input = { name, shape: current, type: int8, quantization: { scales: [1], zeroPoints: [0] } };
    const next = home.inferShape({ inputs: [input], attributes });
    if (permutation) axis = permutation.indexOf(axis);
    else {
      // Reshapes that only add or drop axes of length 1 keep the others in order.
      const long = (dims: Shape) => [...dims.keys()].filter((i) => dims[i]! > 1);
      const [before, after] = [long(current), long(next)];
      const same = before.length === after.length && before.every((i, k) => current[i] === next[after[k]!]);
      const place = before.indexOf(axis);
      if (!home.alias || !same || place < 0) return undefined;
      axis = after[place]!;
    }
    current = next;
  }
  return axis;
}
