/** Constant padding in C (qc_pad.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { initialiser, kindOf, kindRole } from "../../../targets/c/tensors.js";
import { fail } from "../../diagnostics.js";
import { padAxes } from "./axes.js";
import type { PadAttributes } from "./pad.types.js";

const maximumRank = 8;

export const c: CLowering<PadAttributes> = (node, context) => {
  const { pads, code } = node.attributes;
  const added =
    node.output.type.bits <= 8
      ? { declaration: "uint8_t code", value: `${code & 255}u` }
      : { declaration: "int32_t code", value: `${code}` };
  const axes = padAxes(node.inputs[0]!.shape, pads);
  if (axes.length > maximumRank) {
    fail("QC2002", `padding of ${axes.length} separate axes; the C kernel takes at most ${maximumRank}.`, node.name);
  }
  context.include("qc_pad.h");
  const name = context.shared({
    role: `pad${kindRole(node.output)}`,
    parameters: ["const uint8_t *x", "uint8_t *y", "int32_t rank", "const qc_pad_axis *axes", added.declaration],
    body: [`qc_pad(x, y, rank, axes, ${kindOf(node.output)}, code);`],
  });
  const list = axes.map(({ before, inside, after }) => initialiser([before, inside, after]));
  context.statement(`static const qc_pad_axis axes[] = ${initialiser(list)};`);
  context.statement(`${name}(${context.input(0)}, ${context.output}, ${axes.length}, axes, ${added.value});`);
};
