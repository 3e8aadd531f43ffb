/** Multiplication in C (qc_mul.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { pairsOf } from "../../../targets/c/pairs.js";
import { placeRecords } from "../../../targets/c/records.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import type { MulAttributes } from "./mul.types.js";

export const c: CLowering<MulAttributes> = (node, context) => {
  const { aZeroPoint, bZeroPoint, requantize } = node.attributes;
  const pairs = pairsOf(node, context);
  const constants = placeRecords(context, requantize, node.output.type, [0], [0]);
  const [a, b] = node.inputs;
  const kinds = [kindOf(a!), b ? kindOf(b) : pairs.constantKind, kindOf(node.output)];
  context.include("qc_mul.h");
  const name = context.shared({
    role: `mul${pairs.role}${kindRole(...node.inputs, node.output)}_${constants.role}`,
    parameters: [
      ...pairs.parameters,
      "int32_t a_zero",
      "int32_t b_zero",
      "const int32_t *records",
      ...constants.parameters,
    ],
    body: [constants.declaration, `qc_mul(${pairs.operands}, ${kinds.join(", ")}, a_zero, b_zero, records, q);`],
  });
  const values = [...pairs.arguments, aZeroPoint, bZeroPoint, constants.name, ...constants.arguments];
  context.statement(`${name}(${values.join(", ")});`);
};
