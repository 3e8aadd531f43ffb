/** Choices in C (qc_select.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import { elementCount } from "../../ir/index.js";
import type { SelectAttributes } from "./select.types.js";

export const c: CLowering<SelectAttributes> = (node, context) => {
  const { inputs, output, attributes } = node;
  const [condition, ...operands] = inputs;
  const { a, b } = attributes;
  const kinds = [kindOf(condition!), kindOf(output)];
  const tensors = `${a === undefined ? "a" : ""}${b === undefined ? "b" : ""}`;
  context.include("qc_select.h");
  const name = context.shared({
    role: `select_${tensors}${kindRole(condition!, output)}`,
    parameters: [
      "const uint8_t *condition",
      "const uint8_t *a",
      "const uint8_t *b",
      "uint8_t *y",
      "int32_t count",
      "int32_t a_code",
      "int32_t b_code",
    ],
    body: [
      `qc_select(condition, a, b, y, count, ${kinds.join(", ")}, ${a === undefined ? 1 : 0}, ${b === undefined ? 1 : 0}, a_code, b_code);`,
    ],
  });
  // A number stands in no buffer; its pointer is never read.
  const first = a === undefined ? context.input(1) : "0";
  const second = b === undefined ? context.input(operands.length) : "0";
  const values = [context.input(0), first, second, context.output, elementCount(output.shape), a ?? 0, b ?? 0];
  context.statement(`${name}(${values.join(", ")});`);
};
