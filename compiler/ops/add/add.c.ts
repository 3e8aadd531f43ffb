/** Addition in C (qc_add.h): the certified linear form, or a sum of two tables. */
import type { CLowering } from "../../../targets/c/lowering.js";
import { placeRecords } from "../../../targets/c/records.js";
import { byByte, requireBytes, signedLiteral } from "../../../targets/c/tensors.js";
import { fail } from "../../diagnostics.js";
import { elementCount } from "../../ir/index.js";
import type { AddAttributes } from "./add.types.js";

export const c: CLowering<AddAttributes> = (node, context) => {
  requireBytes(node);
  const [a, b] = node.inputs;
  const { linear, tables, aLow, bLow, clamp } = node.attributes;
  const operands = ["const uint8_t *a", "const uint8_t *b", "uint8_t *y", "int32_t count"];
  const values = [context.input(0), context.input(1), context.output, `${elementCount(node.output.shape)}`];
  context.include("qc_add.h");
  if (linear) {
    const signs = `${signedLiteral(a!)}, ${signedLiteral(b!)}`;
    const name = context.shared({
      role: "add",
      parameters: [...operands, "int32_t ma", "int32_t mb", "int32_t c", "int32_t shift", "int32_t lo", "int32_t hi"],
      body: [`qc_add(a, b, y, count, ${signs}, ma, mb, c, shift, lo, hi);`],
    });
    const { ma, mb, c, shift } = linear;
    context.statement(`${name}(${[...values, ma, mb, c, shift, clamp.lo, clamp.hi].join(", ")});`);
    return;
  }
  if (!tables) return fail("QC3002", "the Add has neither a linear form nor tables.", node.name);
  const constants = placeRecords(context, tables.requantize, node.output.type, [0], [0]);
  const name = context.shared({
    role: `add_${constants.role}`,
    parameters: [
      ...operands,
      "const int32_t *a_table",
      "const int32_t *b_table",
      "const int32_t *records",
      ...constants.parameters,
    ],
    body: [constants.declaration, "qc_add_tables(a, b, y, count, a_table, b_table, records, q);"],
  });
  const aTable = context.constant("a", "int32_t", byByte(tables.a, aLow));
  const bTable = context.constant("b", "int32_t", byByte(tables.b, bLow));
  context.statement(`${name}(${[...values, aTable, bTable, constants.name, ...constants.arguments].join(", ")});`);
};
