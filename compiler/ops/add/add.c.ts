/** Addition and subtraction in C (qc_add.h): the certified linear form, or a sum of two tables; wide codes: wide.c.ts. */
import type { CLowering } from "../../../targets/c/lowering.js";
import { pairsOf } from "../../../targets/c/pairs.js";
import { placeRecords } from "../../../targets/c/records.js";
import { byByte, kindOf, kindRole, signedLiteral } from "../../../targets/c/tensors.js";
import { fail } from "../../diagnostics.js";
import { typeRange } from "../../ir/index.js";
import type { AddAttributes } from "./add.types.js";
import { wideSum } from "./wide.c.js";

export const c: CLowering<AddAttributes> = (node, context) => {
  const { attributes } = node;
  if (attributes.wide) return wideSum(node, attributes.wide, context);
  const { linear, tables, aLow, bLow, clamp } = attributes;
  const pairs = pairsOf(node, context);
  const kind = kindOf(node.output);
  const role = `add${pairs.role}${kindRole(node.output)}`;
  context.include("qc_add.h");
  if (linear) {
    const [aSigned, bSigned] = [aLow < 0 ? 1 : 0, bLow < 0 ? 1 : 0];
    const { ma, mb, c, shift } = linear;
    const vectors = context.core.features.includes("mve") && pairs.role === "" && node.output.type.bits <= 8;
    if (vectors) context.include("qc_add_mve.h");
    const { type } = node.output;
    const full = typeRange(type);
    const whole = type.bits === 8 && clamp.lo === full.lo && clamp.hi === full.hi;
    if (!vectors && context.core.features.includes("dsp") && pairs.role === "" && whole) {
      const name = context.shared({
        role: `add_bytes_${shift}`,
        parameters: [...pairs.parameters, "int32_t ma", "int32_t mb", "int32_t c"],
        body: [
          `qc_add_bytes(a, b, y, count, ${aSigned}, ${bSigned}, ${signedLiteral(node.output)}, ma, mb, c, ${shift});`,
        ],
      });
      context.statement(`${name}(${[...pairs.arguments, ma, mb, c].join(", ")});`);
      return;
    }
    const name = context.shared({
      role,
      parameters: [
        ...pairs.parameters,
        "int32_t ma",
        "int32_t mb",
        "int32_t c",
        "int32_t shift",
        "int32_t lo",
        "int32_t hi",
      ],
      body: [
        vectors
          ? `qc_add_mve(a, b, y, count, ${aSigned}, ${bSigned}, ma, mb, c, shift, lo, hi);`
          : `qc_add(${pairs.operands}, ${aSigned}, ${bSigned}, ${kind}, ma, mb, c, shift, lo, hi);`,
      ],
    });
    context.statement(`${name}(${[...pairs.arguments, ma, mb, c, shift, clamp.lo, clamp.hi].join(", ")});`);
    return;
  }
  if (!tables) return fail("QC3002", "the Add has neither a linear form nor tables.", node.name);
  const constants = placeRecords(context, tables.requantize, node.output.type, [0], [0]);
  const name = context.shared({
    role: `${role}_${constants.role}`,
    parameters: [
      ...pairs.parameters,
      "const int32_t *a_table",
      "const int32_t *b_table",
      "const int32_t *records",
      ...constants.parameters,
    ],
    body: [constants.declaration, `qc_add_tables(${pairs.operands}, ${kind}, a_table, b_table, records, q);`],
  });
  const aTable = context.constant("a", "int32_t", byByte(tables.a, aLow));
  const bTable = context.constant("b", "int32_t", byByte(tables.b, bLow));
  context.statement(
    `${name}(${[...pairs.arguments, aTable, bTable, constants.name, ...constants.arguments].join(", ")});`,
  );
};
