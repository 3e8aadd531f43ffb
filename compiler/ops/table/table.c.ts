/** A table of codes in C (qc_table.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { byByte, requireBytes } from "../../../targets/c/tensors.js";
import { elementCount } from "../../ir/index.js";
import type { TableAttributes } from "./table.types.js";

export const c: CLowering<TableAttributes> = (node, context) => {
  requireBytes(node);
  const { values, low } = node.attributes;
  const table = context.constant(
    "values",
    "uint8_t",
    byByte(values, low).map((value) => value & 255),
  );
  context.include("qc_table.h");
  context.statement(`qc_table(${context.input(0)}, ${context.output}, ${elementCount(node.output.shape)}, ${table});`);
};
