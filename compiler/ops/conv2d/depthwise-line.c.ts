/** Depthwise 3x3 convolution of few rows without scratch: qc_depthwise_line.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";
import { depthwiseConstants, hasDepthwiseConstants } from "./depthwise-constants.js";

/** Bytes from column to column that half a word holds. */
const mostChannels = 32767;

/** Whether the geometry is one for the kernel: one output row, which others would fill a ring for, or any number where that is wanted. */
function isSuitable({ inputs, output, attributes }: Node): boolean {
  const { kernel, strides, dilations, pads, direct } = attributes;
  const [, height, width, channels] = inputs[0]!.shape as [number, number, number, number];
  const [, rows, columns] = output.shape as [number, number, number, number];
  const three = [...kernel, ...dilations].join() === "3,3,1,1" && strides[1] <= 2 && channels <= mostChannels;
  // What the last windows cover besides the image.
  const below = (rows - 1) * strides[0] - pads[0] + 3 - height;
  const right = (columns - 1) * strides[1] - pads[1] + 3 - width;
  return three && (direct ?? rows === 1) && pads[0] <= 1 && pads[1] <= 1 && below <= 2 - pads[0] && right <= 1;
}

export const depthwiseLine: Conv2dKernel = {
  feature: "dsp",
  takes: (node) => isSuitable(node) && hasDepthwiseConstants(node),
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { weights, inputZeroPoint, groups, strides } = attributes;
  const constants = depthwiseConstants(node, inputZeroPoint);
  const words = constants.channels.flatMap(({ multiplier, start, constant }, o) => {
    // A constant needs a sum of 0.
    const scaled = (row: number, column: number) =>
      constant ? 0 : (256 * weights[9 * o + 3 * row + column]!) & 0xffff;
    const lanes = (low: number, high: number) => (low | (high << 16)) >>> 0;
    const columns = [0, 1, 2].map((column) => lanes(scaled(0, column), scaled(1, column)));
    return [...columns, lanes(scaled(2, 0), scaled(2, 1)), scaled(2, 2), start, multiplier];
  });
  const stream = context.constant("stream", "uint32_t", words);
  const literals = [strides[1], constants.shift, signedLiteral(inputs[0]!), signedLiteral(output)].join(", ");
  context.include("qc_depthwise_line.h");
  context.statement(windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint));
  const name = context.shared({
    role: `depthwise_line_${strides[1]}_${constants.shift}`,
    parameters: ["const qc_window *s", "const uint8_t *x", "const uint32_t *stream", "uint8_t *y"],
    body: [`qc_depthwise_line(s, x, stream, y, ${literals});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output});`);
}
