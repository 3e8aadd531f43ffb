/** Small questions about what ONNX names stand for while a graph is read. */
import type { Tensor } from "../ir/graph.js";
import { type IntegerType, int8, type Shape } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import type { OnnxTensor } from "./onnx.js";
import type { Move, Value } from "./rules.js";
import { elementTypeName, int32Type } from "./tensor-data.js";

/** Whether two types hold the same codes. */
export function equalType(a: IntegerType, b: IntegerType): boolean {
  return a.bits === b.bits && a.signed === b.signed;
}

/** Whether the codes are whole numbers in their own right, as integer tensors of ONNX are: scale 1, zero point 0. */
export function isPlain({ quantization: { scales, zeroPoints } }: Tensor): boolean {
  return scales.length === 1 && scales[0] === 1 && zeroPoints[0] === 0;
}

/** The codes of a dequantized constant, to be moved in place of its values. */
export function codesAsConstant({ name, shape }: Tensor, data: Int32Array): OnnxTensor {
  return { name, dataType: int32Type, dims: shape, values: data };
}

/** Shape of a tensor after movements that see nothing but its shape. */
export function movedShape(shape: Shape, moves: readonly Move[]): Shape {
  const quantization = { scales: [1], zeroPoints: [0] };
  return moves.reduce((current, { op, name, attributes }) => {
    const input: Tensor = { name, shape: current, type: int8, quantization };
    return opHomes.get(op)!.inferShape({ inputs: [input], attributes });
  }, shape);
}

/** What a value is, for messages. */
export function describeValue(value: Value | undefined): string {
  if (!value) return "missing";
  switch (value.kind) {
    case "constant":
      return `a ${elementTypeName[value.constant.dataType] ?? "constant"} constant`;
    case "pending":
      return `the unquantized result of '${value.name}'`;
    case "float-input":
      return "a float graph input";
    case "refused":
      return "a refused result";
    default:
      return value.tensor.data ? "a constant" : value.kind;
  }
}
