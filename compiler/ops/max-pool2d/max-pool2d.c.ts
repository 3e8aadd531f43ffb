/** Max pooling in C (qc_max_pool2d.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { MaxPool2dAttributes } from "./max-pool2d.types.js";

export const c: CLowering<MaxPool2dAttributes> = (node, context) => {
  const [x] = node.inputs;
  const { least } = node.attributes;
  context.include("qc_max_pool2d.h");
  const name = context.shared({
    role: `${least ? "min" : "max"}_pool2d${kindRole(x!)}`,
    parameters: ["const qc_window *s", "const uint8_t *x", "uint8_t *y"],
    body: [`qc_max_pool2d(s, x, y, ${kindOf(x!)}, ${least ? 1 : 0});`],
  });
  context.statement(windowStatement(node.attributes, x!, node.output, 1, 0));
  context.statement(`${name}(&window, ${context.input(0)}, ${context.output});`);
};
