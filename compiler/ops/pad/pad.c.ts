/** Constant padding in C (qc_pad.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { initialiser, requireBytes } from "../../../targets/c/tensors.js";
import { fail } from "../../diagnostics.js";
import { padAxes } from "./axes.js";
import type { PadAttributes } from "./pad.types.js";

const maximumRank = 8;

export const c: CLowering<PadAttributes> = (node, context) => {
  requireBytes(node);
  const { pads, code } = node.attributes;
  const axes = padAxes(node.inputs[0]!.shape, pads);
  if (axes.length > maximumRank) {
    fail("QC2002", `padding of ${axes.length} separate axes; the C kernel takes at most ${maximumRank}.`, node.name);
  }
  context.include("qc_pad.h");
  const name = context.shared({
    role: "pad",
    parameters: ["const uint8_t *x", "uint8_t *y", "int32_t rank", "const qc_pad_axis *axes", "uint8_t code"],
    body: ["qc_pad(x, y, rank, axes, code);"],
  });
  const list = axes.map(({ before, inside, after }) => initialiser([before, inside, after]));
  context.statement(`static const qc_pad_axis axes[] = ${initialiser(list)};`);
  context.statement(`${name}(${context.input(0)}, ${context.output}, ${axes.length}, axes, ${code & 255}u);`);
};
