/** Convolution of codes or weights wider than bytes: qc_wide.h. */
import { isDirect, type WideForm, wideProduct, wideScratchBytes } from "../../../targets/c/wide.js";
import { windowStatement } from "../../../targets/c/window.js";
import { isPadded } from "../window.js";
import { type Conv2dKernel, type Node, tapsOf } from "./conv2d-kernel.js";

/** How the kernel meets its codes. */
function formOf({ inputs, attributes }: Node): WideForm {
  const [x] = inputs;
  const depth = x!.shape[3]! / attributes.groups;
  if (isDirect(x!, depth)) return "direct";
  const pointwise = attributes.kernel.every((size) => size === 1) && !isPadded(attributes);
  return pointwise && x!.type.bits <= 8 && depth % 4 === 0 ? "in-place" : "patch";
}

export const wide: Conv2dKernel = {
  takes: () => true,

  scratchBytes: (node) => (formOf(node) === "patch" ? wideScratchBytes(tapsOf(node)) : 0),

  lower(node, context) {
    const { inputs, output, attributes } = node;
    const { groups, inputZeroPoint } = attributes;
    context.statement(windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint));
    wideProduct(node, context, { role: "conv2d", groups, channels: output.shape[3]! }, formOf(node));
  },
};
