/** Convolution by two-lane products: qc_conv2d_lanes.h. */
import { predictedInstructions } from "../../../targets/c/costs.js";
import { keptByLayer } from "../../../targets/c/kernel.js";
import { type LaneMatrix, laneCentre, laneConstants, laneSums, packLanes } from "../../../targets/c/lanes.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import type { Core } from "../../../targets/core.js";
import { channelRange } from "../../ir/index.js";
import type { Faster } from "../op.js";
import { isPadded } from "../window.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import { blockWindow } from "./conv2d-blocks.c.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

const leastPixels = 6;

/** Whether the geometry is one for the kernel. */
function isSuitable({ inputs, output, attributes }: Node): boolean {
  const { groups, weights } = attributes;
  const [, rows, columns, outputs] = output.shape as [number, number, number, number];
  const bytes = inputs[0]!.type.bits <= 8 && output.type.bits <= 8 && weights instanceof Int8Array;
  return bytes && groups === 1 && outputs >= 2 && rows * columns >= leastPixels;
}

/** What the kernel reads of a node that is suitable; undefined where constants do not certify. */
const streamOf = keptByLayer(({ inputs, output, attributes }: Node): Uint32Array | undefined => {
  const { weights, bias, inputZeroPoint, requantize } = attributes;
  const constants = laneConstants(requantize);
  if (!constants) return undefined;
  const [channels, depth] = [output.shape[3]!, inputs[0]!.shape[3]!];
  // Padding is the zero point; parts inside the image are to have the stream of those at its border.
  const codes = (tap: number) => {
    const { lo, hi } = channelRange(inputs[0]!, tap % depth);
    return { lo: Math.min(lo, inputZeroPoint), hi: Math.max(hi, inputZeroPoint) };
  };
  const taps = weights.length / channels;
  const matrix: LaneMatrix = { weights, channels, taps, codes, centre: laneCentre(codes, depth) };
  const sums = laneSums(matrix, bias, inputZeroPoint, constants);
  return packLanes(sums.matrix, constants, sums.missing);
});

/** What the kernel would save over four windows by four channels; none on cores without figures for both. */
function forSpeed(node: Node, core: Core): Faster<Conv2dAttributes>[] {
  const quads = predictedInstructions(core, "conv2d_quads", node);
  const lanes = predictedInstructions(core, "conv2d_lanes", node);
  const stream = isSuitable(node) ? streamOf(node) : undefined;
  if (quads === undefined || lanes === undefined || !stream) return [];
  const bytes = stream.byteLength - node.attributes.weights.length - 8 * node.output.shape[3]!;
  return [{ attributes: { ...node.attributes, lanes: true }, saved: quads - lanes, bytes }];
}

/** Lanes of six pixels; and copies of windows that may be outside the image or have holes. */
function scratchBytes({ inputs, attributes }: Node): number {
  const { kernel, dilations } = attributes;
  const taps = kernel[0] * kernel[1] * inputs[0]!.shape[3]!;
  const copies = isPadded(attributes) || dilations[1] !== 1;
  return 12 * taps + (copies ? 8 * Math.ceil((6 * taps) / 8) : 0);
}

export const lanes: Conv2dKernel = {
  feature: "lanes",
  takes: (node) => node.attributes.lanes === true && isSuitable(node) && streamOf(node) !== undefined,
  scratchBytes,
  lower,
  forSpeed,
};

function lower(node: Node, context: CContext): void {
  const stream = context.constant("stream", "uint32_t", streamOf(node)!);
  context.include("qc_conv2d_lanes.h");
  context.statement(blockWindow(node));
  const name = context.shared({
    role: "conv2d_lanes",
    parameters: ["const qc_window *s", "const uint8_t *x", "const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    body: [`qc_conv2d_lanes(s, x, stream, y, (uint32_t *)(void *)scratch, ${signedLiteral(node.inputs[0]!)});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
}
