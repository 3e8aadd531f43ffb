/** A table of codes in C (qc_table.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { byElement, kindOf } from "../../../targets/c/tensors.js";
import { elementCount } from "../../ir/index.js";
import { toBytes } from "../../verify/codes.js";
import type { TableAttributes } from "./table.types.js";

export const c: CLowering<TableAttributes> = (node, context) => {
  const x = node.inputs[0]!;
  const { values, low } = node.attributes;
  const table = context.constant("values", "uint8_t", toBytes(byElement(values, low, x), node.output));
  const kinds = `${kindOf(x)}, ${kindOf(node.output)}, ${low}`;
  context.include("qc_table.h");
  context.statement(
    `qc_table(${context.input(0)}, ${context.output}, ${elementCount(node.output.shape)}, ${kinds}, ${table});`,
  );
};
