/** Zeros between pixels in C (qc_interior_pad2d.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import type { InteriorPad2dAttributes } from "./interior-pad2d.types.js";

export const c: CLowering<InteriorPad2dAttributes> = (node, context) => {
  const { strides, code } = node.attributes;
  const [, height, width, channels] = node.inputs[0]!.shape;
  const [, rows, columns] = node.output.shape;
  const sizes = ["height", "width", "channels", "rows", "columns", "stride_y", "stride_x"];
  context.include("qc_interior_pad2d.h");
  const name = context.shared({
    role: `interior_pad2d${kindRole(node.output)}`,
    parameters: ["const uint8_t *x", "uint8_t *y", ...sizes.map((size) => `int32_t ${size}`), "int32_t code"],
    body: [`qc_interior_pad2d(x, y, ${sizes.join(", ")}, code, ${kindOf(node.output)});`],
  });
  const values = [height, width, channels, rows, columns, ...strides, code];
  context.statement(`${name}(${context.input(0)}, ${context.output}, ${values.join(", ")});`);
};
