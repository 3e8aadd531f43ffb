/** ONNX Transpose of codes. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import type { TransposeAttributes } from "./transpose.types.js";

export const readTranspose: OnnxRule = (node, reader) => {
  const value = reader.value(node, 0);
  if (value?.kind !== "codes" && value?.kind !== "real") return reader.refuse(node, "the input must be quantized");
  const rank = value.tensor.shape.length;
  const attributes = new Attributes(node, reader);
  const permutation = attributes.integers("perm", Array.from({ length: rank }, (_, axis) => rank - 1 - axis));
  attributes.done();
  if (permutation.length !== rank || [...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    reader.refuse(node, `perm [${permutation}] is no permutation of ${rank} axes`);
  }
  const tensor = reader.emit("transpose", node.name, value.tensor, { permutation } satisfies TransposeAttributes);
  reader.define(node, { kind: value.kind, tensor });
  return true;
};
