/** Codes at listed positions in C (qc_gather.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { bytesPerElement, elementCount } from "../../ir/index.js";
import type { GatherAttributes } from "./gather.types.js";

export const c: CLowering<GatherAttributes> = (node, context) => {
  const { axis, indices } = node.attributes;
  const { shape } = node.inputs[0]!;
  const run = elementCount(shape.slice(axis + 1)) * bytesPerElement(node.output.type);
  const sizes = ["outer", "size", "run", "count"];
  context.include("qc_gather.h");
  const name = context.shared({
    role: "gather",
    parameters: ["const uint8_t *x", "uint8_t *y", ...sizes.map((size) => `int32_t ${size}`), "const int32_t *indices"],
    body: [`qc_gather(x, y, ${sizes.join(", ")}, indices);`],
  });
  const list = context.constant("indices", "int32_t", indices);
  const values = [elementCount(shape.slice(0, axis)), shape[axis], run, indices.length, list];
  context.statement(`${name}(${context.input(0)}, ${context.output}, ${values.join(", ")});`);
};
