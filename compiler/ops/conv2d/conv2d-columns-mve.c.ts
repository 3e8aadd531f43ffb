/** 3x3 convolution of whole 16 input channels in C on Helium vectors: qc_conv2d_columns_mve.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import {
  byteWords,
  hasEvenMultipliers,
  isMuted,
  mveChannel,
  mveMissing,
  mveRequantization,
  vectorConstants,
} from "../../../targets/c/mve.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

/** Post-indexed loads reach 508 bytes, and QC_MVE_MOST_SEGMENTS are 3 * 16. */
const mostDepth = 256;

/** Whether the geometry is one for the kernel. */
function isSuitable({ inputs, output, attributes: { kernel, strides, dilations, groups, pads } }: Node): boolean {
  const [, , columns, channels] = output.shape as [number, number, number, number];
  const depth = inputs[0]!.shape[3]!;
  const three = kernel[0] === 3 && kernel[1] === 3 && dilations.every((dilation) => dilation === 1);
  const shaped = groups === 1 && depth % 16 === 0 && depth <= mostDepth && channels % 2 === 0 && 3 * channels < 2 ** 16;
  return three && shaped && strides[1] <= 2 && columns >= 4 && pads.every((pad) => pad <= 2);
}

/** Three padded rows. */
function scratchBytes(node: Node): number {
  const columns = (node.output.shape[2]! - 1) * node.attributes.strides[1] + 3;
  return 3 * columns * node.inputs[0]!.shape[3]!;
}

export const mveColumns: Conv2dKernel = {
  feature: "mve",
  takes: (node) => isSuitable(node) && hasEvenMultipliers(vectorConstants(node.attributes.requantize)),
  scratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const requantization = mveRequantization(context, attributes.requantize, output)!;
  const { weights, bias, inputZeroPoint, strides } = attributes;
  const depth = inputs[0]!.shape[3]!;
  const missing = mveMissing(weights, bias, inputZeroPoint, inputs[0]!);
  const words: number[] = [];
  for (let first = 0; first < bias.length; first += 2) {
    const pair = [first, first + 1];
    for (let row = 0; row < 3; row++) {
      for (let from = 0; from < depth; from += 16) {
        for (let column = 0; column < 3; column++) {
          for (const channel of pair) {
            const at = ((channel * 3 + row) * 3 + column) * depth + from;
            const muted = isMuted(requantization.constants, channel);
            words.push(...byteWords(Array.from(weights.subarray(at, at + 16), (weight) => (muted ? 0 : weight))));
          }
        }
      }
    }
    for (const channel of pair) {
      const { addend, multiplier } = mveChannel(requantization.constants, channel, missing);
      words.push(addend, multiplier / 2);
    }
  }
  context.include("qc_conv2d_columns_mve.h");
  const name = context.shared({
    role: `conv2d_columns_${strides[1]}_${depth}_${requantization.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const uint32_t *weights",
      "uint8_t *y",
      "uint8_t *scratch",
      ...requantization.parameters,
    ],
    body: [
      requantization.declaration,
      `qc_conv2d_columns_mve(s, x, weights, y, scratch, q, ${signedLiteral(inputs[0]!)}, ${depth}, ${strides[1]});`,
    ],
  });
  const stream = context.constant("weights", "uint32_t", words);
  context.statement(windowStatement(attributes, inputs[0]!, output, 1, inputZeroPoint));
  const values = ["&window", context.input(0), stream, context.output, context.scratch, ...requantization.arguments];
  context.statement(`${name}(${values.join(", ")});`);
}
