/** Graph outputs that are constants: every engine makes its outputs from its inputs, so a constant is a table of one row. */
import type { Quantization, Tensor } from "../ir/graph.js";
import type { EmbeddingAttributes } from "../ops/embedding/embedding.types.js";
import { selection } from "../ops/strided/select.js";
import { constantCodes, gridQuantization, typeFor } from "./grid.js";
import type { OnnxTensor } from "./onnx.js";
import type { GraphReader, Value } from "./rules.js";
import { integerTypeOf, isFloatType, truthTypeOf } from "./tensor-data.js";

/**
 * The codes of a constant: integers as they are, floats as whole multiples of a unit or of one per index of an axis. Undefined for
 * anything else, for floats that are no such multiples, and for integers beyond int32.
 */
export function constantTensor(name: string, value: Value): Tensor | undefined {
  if (value.kind === "codes" || value.kind === "real") return value.tensor.data && value.tensor;
  if (value.kind !== "constant") return undefined;
  const { dims, dataType, values } = value.constant;
  if (!isNumeric(value.constant)) return undefined;
  if (isFloatType(dataType)) {
    const found = constantCodes(value.constant);
    return found && { name, shape: dims, ...found };
  }
  const data = Array.from(values);
  const type = typeFor(
    data.reduce((a, b) => Math.min(a, b), 0),
    data.reduce((a, b) => Math.max(a, b), 0),
  );
  return type && { name, shape: dims, type, quantization: gridQuantization(1), data: Int32Array.from(data) };
}

/** Whether a constant holds numbers that may become codes. */
export function isNumeric({ dataType }: OnnxTensor): boolean {
  return isFloatType(dataType) || integerTypeOf(dataType) !== undefined || truthTypeOf(dataType) !== undefined;
}

/**
 * The constant as a result: the only row of a table, which every index means (SPEC section 7). The index is the first element of
 * `input`, some graph input; undefined where there is none, because nothing would say when to give the result.
 */
export function constantOutput(
  reader: GraphReader,
  input: Tensor | undefined,
  name: string,
  constant: Tensor,
): Tensor | undefined {
  if (!input) return undefined;
  const { shape, type, quantization, data } = constant;
  const place = `${name}_index`;
  const first = selection(place, input.shape, new Map(input.shape.map((_, axis) => [axis, [0]])));
  const index = first.reduce((tensor, { op, attributes }) => reader.emit(op, place, tensor, attributes), input);
  const flat = reader.emit("reshape", place, index, { shape: [1] });
  const table: EmbeddingAttributes = { rows: 1, row: shape, table: data! };
  const row = reader.emit("embedding", name, flat, table, { type, quantization: behindRows(quantization) });
  return reader.emit("reshape", name, row, { shape }, { quantization });
}

/** The quantization with its axis, if any, one place further. */
function behindRows(quantization: Quantization): Quantization {
  const { axis } = quantization;
  return axis === undefined ? quantization : { ...quantization, axis: axis + 1 };
}
