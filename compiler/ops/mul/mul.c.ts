/** Multiplication in C (qc_mul.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { pairsOf } from "../../../targets/c/pairs.js";
import { placeRecords } from "../../../targets/c/records.js";
import { requireBytes, signedLiteral } from "../../../targets/c/tensors.js";
import type { MulAttributes } from "./mul.types.js";

export const c: CLowering<MulAttributes> = (node, context) => {
  requireBytes(node);
  const { aZeroPoint, bZeroPoint, bSigned, requantize } = node.attributes;
  const pairs = pairsOf(node, context);
  const constants = placeRecords(context, requantize, node.output.type, [0], [0]);
  const signs = `${signedLiteral(node.inputs[0]!)}, ${bSigned ? 1 : 0}`;
  context.include("qc_mul.h");
  const name = context.shared({
    role: `mul${pairs.role}_${constants.role}`,
    parameters: [
      ...pairs.parameters,
      "int32_t a_zero",
      "int32_t b_zero",
      "const int32_t *records",
      ...constants.parameters,
    ],
    body: [constants.declaration, `qc_mul(${pairs.operands}, ${signs}, a_zero, b_zero, records, q);`],
  });
  const values = [...pairs.arguments, aZeroPoint, bZeroPoint, constants.name, ...constants.arguments];
  context.statement(`${name}(${values.join(", ")});`);
};
