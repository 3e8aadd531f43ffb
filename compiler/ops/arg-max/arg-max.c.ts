/** Positions of extreme codes in C (qc_arg_max.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import { elementCount } from "../../ir/index.js";
import type { ArgMaxAttributes } from "./arg-max.types.js";

export const c: CLowering<ArgMaxAttributes> = (node, context) => {
  const { inputs, output, attributes } = node;
  const [x] = inputs;
  const count = x!.shape.at(-1)!;
  const flags = [kindOf(x!), kindOf(output), attributes.least ? 1 : 0, attributes.last ? 1 : 0];
  context.include("qc_arg_max.h");
  const name = context.shared({
    role: `arg_${attributes.least ? "min" : "max"}${kindRole(x!, output)}`,
    parameters: ["const uint8_t *x", "uint8_t *y", "int32_t rows", "int32_t count"],
    body: [`qc_arg_max(x, y, rows, count, ${flags.join(", ")});`],
  });
  context.statement(`${name}(${context.input(0)}, ${context.output}, ${elementCount(output.shape)}, ${count});`);
};
