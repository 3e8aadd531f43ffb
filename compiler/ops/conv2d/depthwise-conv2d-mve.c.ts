/** Depthwise convolution in C on Helium vectors: qc_depthwise_conv2d_mve.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import {
  byteWords,
  isMuted,
  mveConstants,
  mveMissing,
  mveRequantization,
  vectorConstants,
} from "../../../targets/c/mve.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

/** As QC_MVE_MOST_ROWS. */
const mostRows = 8;

/** Whether the kernel, which knows no dilation and always takes eight channels and two columns, can compute a depthwise node. */
function isSuitable({ attributes: { kernel, dilations }, output }: Node): boolean {
  const [, , columns, channels] = output.shape as [number, number, number, number];
  return channels >= 8 && columns >= 2 && kernel[0] <= mostRows && dilations.every((dilation) => dilation === 1);
}

/** The rows under the kernel, eight channels of 16 bits wide. */
function scratchBytes(node: Node): number {
  const { kernel, strides } = node.attributes;
  const pairs = Math.ceil(node.output.shape[2]! / 2);
  return kernel[0] * ((2 * pairs - 1) * strides[1] + kernel[1]) * 16;
}

export const mveDepthwise: Conv2dKernel = {
  feature: "mve",
  takes: (node) => isSuitable(node) && vectorConstants(node.attributes.requantize)?.scaleBits === 8,
  scratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { kernel, weights, bias, inputZeroPoint } = attributes;
  const requantization = mveRequantization(context, attributes.requantize, output)!;
  const missing = mveMissing(weights, bias, inputZeroPoint, inputs[0]!);
  const channels = output.shape[3]!;
  const taps = kernel[0] * kernel[1];
  const words: number[] = [];
  for (let block = 0; block < channels; block += 8) {
    const first = Math.min(block, channels - 8);
    const eight = Array.from({ length: 8 }, (_, c) => first + c);
    words.push(...mveConstants(requantization.constants, eight, missing));
    const weightOf = (channel: number, tap: number) =>
      isMuted(requantization.constants, channel) ? 0 : weights[channel * taps + tap]!;
    const bytes = Array.from({ length: taps }, (_, tap) => eight.map((channel) => weightOf(channel, tap)));
    words.push(...byteWords(bytes.flat()));
  }
  context.include("qc_depthwise_conv2d_mve.h");
  const name = context.shared({
    role: `depthwise_conv2d_${requantization.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const uint32_t *constants",
      "uint8_t *y",
      "uint8_t *scratch",
      ...requantization.parameters,
    ],
    body: [
      requantization.declaration,
      `qc_depthwise_conv2d_mve(s, x, constants, y, (int16_t *)(void *)scratch, q, ${signedLiteral(inputs[0]!)});`,
    ],
  });
  const constants = context.constant("constants", "uint32_t", words);
  context.statement(windowStatement(attributes, inputs[0]!, output, attributes.groups, attributes.inputZeroPoint));
  const values = ["&window", context.input(0), constants, context.output, context.scratch, ...requantization.arguments];
  context.statement(`${name}(${values.join(", ")});`);
}
