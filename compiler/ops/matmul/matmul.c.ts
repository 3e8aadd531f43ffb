/** Matrix product of two activations in C (qc_matmul.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { placeRecords } from "../../../targets/c/records.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import type { MatMulAttributes } from "./matmul.types.js";

export const c: CLowering<MatMulAttributes> = (node, context) => {
  const { batch, rows, inner, columns, aZeroPoint, bZeroPoint, requantize } = node.attributes;
  const constants = placeRecords(context, requantize, node.output.type, [0], [0]);
  const sizes = ["batch", "rows", "inner", "columns"];
  const kinds = [...node.inputs, node.output].map(kindOf).join(", ");
  context.include("qc_matmul.h");
  const name = context.shared({
    role: `matmul${kindRole(...node.inputs, node.output)}_${constants.role}`,
    parameters: [
      "const uint8_t *a",
      "const uint8_t *b",
      "uint8_t *y",
      ...sizes.map((size) => `int32_t ${size}`),
      "int32_t a_zero",
      "int32_t b_zero",
      "const int32_t *record",
      ...constants.parameters,
    ],
    body: [constants.declaration, `qc_matmul(a, b, y, ${sizes.join(", ")}, ${kinds}, a_zero, b_zero, record, q);`],
  });
  const operands = [context.input(0), context.input(1), context.output, batch, rows, inner, columns];
  const values = [...operands, aZeroPoint, bZeroPoint, constants.name, ...constants.arguments];
  context.statement(`${name}(${values.join(", ")});`);
};
