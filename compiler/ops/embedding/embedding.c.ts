/** Rows of a constant table in C (qc_embedding.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { kindOf } from "../../../targets/c/tensors.js";
import { bytesPerElement, elementCount } from "../../ir/index.js";
import { toBytes } from "../../verify/codes.js";
import type { EmbeddingAttributes } from "./embedding.types.js";

export const c: CLowering<EmbeddingAttributes> = ({ inputs: [x], output, attributes }, context) => {
  const { rows, row, table } = attributes;
  const data = context.constant("table", "uint8_t", toBytes(table, output));
  const run = elementCount(row) * bytesPerElement(output.type);
  const values = [context.input(0), context.output, elementCount(x!.shape), kindOf(x!), rows, run, data];
  context.include("qc_embedding.h");
  context.statement(`qc_embedding(${values.join(", ")});`);
};
