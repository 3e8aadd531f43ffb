/** Depthwise 3x3 convolution by a ring of widened rows: qc_depthwise_rows.h. */
import { packsMost } from "../../../targets/c/kernel.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Core } from "../../../targets/core.js";
import type { IntegerTensor } from "../../ir/index.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";
import { depthwiseConstants, hasDepthwiseConstants } from "./depthwise-constants.js";

type Sides = [IntegerTensor, IntegerTensor];

/** Whether the geometry is one for the kernel. */
function isSuitable({ inputs, attributes: { kernel, strides, dilations } }: Node): boolean {
  const three = kernel[0] === 3 && kernel[1] === 3 && dilations[0] === 1 && dilations[1] === 1;
  return three && strides[1] <= 2 && inputs[0]!.shape[3]! >= 4;
}

/** Whether the kernel runs down columns: what a row costs besides its pixels is paid less often. */
function isTurned({ output, attributes: { strides } }: Node): boolean {
  const [, rows, columns] = output.shape as [number, number, number];
  return strides[0] <= 2 && rows > columns;
}

export const swap = <T extends { readonly shape: readonly number[] }>(tensor: T): T => {
  const [batch, height, width, channels] = tensor.shape as [number, number, number, number];
  return { ...tensor, shape: [batch, width, height, channels] };
};

/** The attributes that the kernel sees, on transposed images where it is turned. */
export function transposed(attributes: Conv2dAttributes): Conv2dAttributes {
  const { strides, pads, weights } = attributes;
  const [top, left, bottom, right] = pads;
  return {
    ...attributes,
    strides: [strides[1], strides[0]],
    pads: [left, top, right, bottom],
    weights: weights.map((_, at) => weights[at - (at % 9) + 3 * (at % 3) + Math.floor((at % 9) / 3)]!),
  };
}

/** The ring of four channels, and their records. */
function scratchBytes(node: Node): number {
  const along = isTurned(node) ? 0 : 1;
  const outputs = node.output.shape[1 + along]!;
  const pairs = node.attributes.strides[along] === 1 ? Math.ceil(outputs / 2) + 1 : outputs + 1;
  return 48 * pairs + 4 * 12 * 4;
}

/** The most outputs of a row that get code of their own: more would not repay their bytes. */
const mostUnrolled = 24;

/** Instructions that code of its own saves per row of a channel, and per output; and bytes of code per output. */
const unrolling = { row: 8, output: 0.75, bytes: 56 };

/** What code without a loop over a row's outputs would save. */
function forSpeed(node: Node, core: Core): Faster<Conv2dAttributes>[] {
  const { attributes, output } = node;
  if (!packsMost(core) || !isSuitable(node) || !hasDepthwiseConstants(node)) return [];
  const [, height, width, channels] = output.shape as [number, number, number, number];
  const [rows, outputs] = isTurned(node) ? [width, height] : [height, width];
  if (outputs > mostUnrolled) return [];
  const saved = Math.round(channels * rows * (unrolling.row + unrolling.output * outputs));
  return [{ attributes: { ...attributes, unrolled: true }, saved, bytes: unrolling.bytes * outputs }];
}

export const depthwiseRows: Conv2dKernel = {
  feature: "dsp",
  takes: (node) => isSuitable(node) && hasDepthwiseConstants(node),
  scratchBytes,
  lower,
  forSpeed,
};

function lower(node: Node, context: CContext): void {
  const turned = isTurned(node);
  const [input, output] = [node.inputs[0]!, node.output].map((tensor) => (turned ? swap(tensor) : tensor)) as Sides;
  const attributes = turned ? transposed(node.attributes) : node.attributes;
  const { weights, inputZeroPoint, groups, strides } = attributes;
  // The kernel sums signed codes: unsigned ones less 128.
  const constants = depthwiseConstants(node, input.type.signed ? inputZeroPoint : inputZeroPoint - 128);
  const words = constants.channels.flatMap(({ multiplier, start, constant }, o) => {
    // A constant needs a sum of 0.
    if (constant) return [multiplier, start, 0, 0, 0];
    const rows = [0, 3, 6].map((at) => {
      const [w0, w1, w2] = weights.subarray(9 * o + at, 9 * o + at + 3);
      return ((w0! & 255) | ((w1! & 255) << 8) | ((w2! & 255) << 16)) >>> 0;
    });
    return [multiplier, start, ...rows];
  });
  const stream = context.constant("stream", "uint32_t", words);
  const outputs = output.shape[2]!;
  const few = attributes.unrolled && outputs <= mostUnrolled ? outputs : 0;
  const signs = [signedLiteral(input), signedLiteral(output)];
  const literals = [strides[1], turned ? 1 : 0, few, constants.shift, ...signs].join(", ");
  context.include("qc_depthwise_rows.h");
  context.statement(windowStatement(attributes, input, output, groups, inputZeroPoint));
  const name = context.shared({
    role: `depthwise_rows_${strides[1]}${turned ? "_turned" : ""}${few ? `_unrolled_${few}` : ""}_${constants.shift}`,
    parameters: ["const qc_window *s", "const uint8_t *x", "const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    body: [`qc_depthwise_rows(s, x, stream, y, (uint32_t *)(void *)scratch, ${literals});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
}
