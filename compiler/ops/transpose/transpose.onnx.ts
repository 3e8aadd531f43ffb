/** ONNX Transpose of codes. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import type { TransposeAttributes } from "./transpose.types.js";

export const readTranspose: OnnxRule = (node, reader) =>
  reader.move(node, ({ length: rank }) => {
    const attributes = new Attributes(node, reader);
    const permutation = attributes.integers(
      "perm",
      Array.from({ length: rank }, (_, axis) => rank - 1 - axis),
    );
    attributes.done();
    if (permutation.length !== rank || [...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
      reader.refuse(node, `perm [${permutation}] is no permutation of ${rank} axes`);
    }
    return [{ op: "transpose", name: node.name, attributes: { permutation } satisfies TransposeAttributes }];
  });
