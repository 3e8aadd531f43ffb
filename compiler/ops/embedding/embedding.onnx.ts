/** ONNX Gather whose data is a constant and whose indices are none: an embedding. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { isPlain } from "../../import/values.js";
import { requirePerTensor } from "../weights.js";
import type { EmbeddingAttributes } from "./embedding.types.js";

export const readEmbedding: OnnxRule = (node, reader) => {
  const [data, indices] = [reader.value(node, 0), reader.value(node, 1)];
  if (data === undefined || indices === undefined || indices.kind === "constant") return false;
  const codes = data.kind === "codes";
  const table = codes ? data.tensor : reader.quantized(node, 0);
  if (!table.data) return reader.refuse(node, "neither the data nor the indices are constants; one of them must be");
  const attributes = new Attributes(node, reader);
  const axis = attributes.integer("axis", 0);
  attributes.done();
  if (axis !== 0 && axis !== -table.shape.length)
    reader.refuse(
      node,
      `axis ${axis} with indices that are no constants; expected 0. Transpose the table before export`,
    );
  requirePerTensor(table, node.name);
  const [rows = 0, ...row] = table.shape;
  const positions = indices.kind === "codes" ? indices.tensor : reader.quantized(node, 1);
  if (indices.kind !== "codes" && !isPlain(positions))
    reader.refuse(node, "the indices are real values; expected integers");
  const { type, quantization } = table;
  const own = { rows, row, table: table.data } satisfies EmbeddingAttributes;
  const tensor = reader.emit("embedding", node.name, positions, own, { type, quantization });
  reader.define(node, { kind: codes ? "codes" : "real", tensor });
  return true;
};
