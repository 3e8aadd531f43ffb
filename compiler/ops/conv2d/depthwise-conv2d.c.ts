/** Depthwise convolution of any geometry: qc_depthwise_conv2d.h. */
import { interleave } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import { isPadded } from "../window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";
import { callWithRecords } from "./conv2d-records.js";

/** Most bytes of a padded patch, unless four channels take more. */
const patchBytes = 1152;

/** Channels whose padded patch is made at a time. */
export function patchChannels({ attributes: { kernel, patchChannels }, inputs }: Node): number {
  const most = Math.max(4, Math.floor(patchBytes / (kernel[0] * kernel[1]) / 4) * 4);
  return Math.min(patchChannels ?? most, inputs[0]!.shape[3]!);
}

export const depthwise: Conv2dKernel = {
  takes: () => true,

  scratchBytes(node) {
    const { kernel } = node.attributes;
    return isPadded(node.attributes) ? kernel[0] * kernel[1] * patchChannels(node) : 0;
  },

  lower(node, context) {
    const { inputs, output, attributes } = node;
    const { kernel, weights, groups, inputZeroPoint } = attributes;
    const channels = output.shape[3]!;
    const words = Uint8Array.from(interleave({ channels, taps: kernel[0] * kernel[1], weights }, 4));
    const dsp = context.core.features.includes("dsp") ? 1 : 0;
    const part = isPadded(attributes) && channels > patchChannels(node) ? patchChannels(node) : 0;
    const literals = [signedLiteral(inputs[0]!), dsp, kernel[0], kernel[1], part].join(", ");
    context.statement(windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint));
    context.include("qc_depthwise_conv2d.h");
    const role = `depthwise_conv2d_${kernel.join("x")}${part > 0 ? `_parts_of_${part}` : ""}`;
    const body = `qc_depthwise_conv2d(s, x, weights, records, y, scratch, q, ${literals});`;
    callWithRecords(node, context, { role, element: "uint8_t", words, step: 4, groups: 1, body });
  },
};
