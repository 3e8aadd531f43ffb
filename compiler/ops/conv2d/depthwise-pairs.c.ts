/** Depthwise convolution of kernels 5 or 7 wide by pairs of rows: qc_depthwise_pairs.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";
import { depthwiseConstants, hasDepthwiseConstants } from "./depthwise-constants.js";

/** Whether the geometry is one for the kernel. Every window must touch the image. */
function isSuitable({ inputs, output, attributes }: Node): boolean {
  const { kernel, strides, dilations, pads } = attributes;
  const height = inputs[0]!.shape[1]!;
  const [, rows, columns] = output.shape as [number, number, number, number];
  const width = kernel[1] === 5 || kernel[1] === 7;
  const touches = pads[0] < kernel[0] && (rows - 1) * strides[0] - pads[0] < height;
  return width && touches && strides[1] <= 2 && columns >= 3 && dilations.every((by) => by === 1);
}

/** Neighbouring outputs of a block: those that a row takes the fewest instructions by, when a block takes two outputs' besides its own. */
function blockOutputs(columns: number): number {
  const cost = (block: number) => Math.ceil(columns / block) * (block + 2);
  return [5, 4, 3].filter((block) => block <= columns).reduce((a, b) => (cost(b) < cost(a) ? b : a));
}

/** The ring of one channel, and its lanes: for windows that begin at even and at odd rows, and turned with the ring. */
function scratchBytes({ inputs, output, attributes: { kernel, strides, pads } }: Node): number {
  const height = inputs[0]!.shape[1]!;
  const [, rows, columns] = output.shape as [number, number, number, number];
  const pairs = Math.floor(kernel[0] / 2) + 1;
  const inImage = Math.ceil((pads[0] + height) / 2) - Math.floor(pads[0] / 2);
  const turned = rows > 1 && inImage > pairs ? pairs - 1 : 0;
  const lanes = kernel[1] * (pairs + turned) * (rows > 1 && strides[0] % 2 === 1 ? 2 : 1);
  // Lanes are made two at a time.
  return 4 * (pairs * ((columns - 1) * strides[1] + kernel[1]) + lanes + 1);
}

/** The lanes of a channel as bytes of words of two: even columns before odd ones where windows are two columns apart. */
function laneWords(weights: ArrayLike<number>, [height, width]: readonly [number, number], stride: number): number[] {
  const columns = Array.from({ length: width }, (_, k) => k);
  const ordered =
    stride === 1 ? columns : [...columns.filter((k) => k % 2 === 0), ...columns.filter((k) => k % 2 === 1)];
  const at = (row: number, k: number) => (row < height ? weights[row * width + k]! & 255 : 0);
  const pairs = Array.from({ length: Math.floor(height / 2) + 1 }, (_, pair) => 2 * pair);
  const lanes = pairs.flatMap((row) => ordered.map((k) => at(row, k) | (at(row + 1, k) << 16)));
  return Array.from(
    { length: Math.ceil(lanes.length / 2) },
    (_, i) => (lanes[2 * i]! | ((lanes[2 * i + 1] ?? 0) << 8)) >>> 0,
  );
}

export const depthwisePairs: Conv2dKernel = {
  feature: "dsp",
  takes: (node) => isSuitable(node) && hasDepthwiseConstants(node),
  scratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { weights, inputZeroPoint, groups, strides, kernel } = attributes;
  const constants = depthwiseConstants(node, 0);
  const taps = kernel[0] * kernel[1];
  const words = constants.channels.flatMap(({ multiplier, start, constant }, o) => {
    // A constant needs a sum of 0.
    const own = constant ? new Int8Array(taps) : weights.subarray(taps * o, taps * (o + 1));
    return [multiplier, start, ...laneWords(own, kernel, strides[1])];
  });
  const stream = context.constant("stream", "uint32_t", words);
  const block = blockOutputs(output.shape[2]!);
  const literals = [kernel[1], strides[1], block, constants.shift, signedLiteral(inputs[0]!), signedLiteral(output)];
  context.include("qc_depthwise_pairs.h");
  context.statement(windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint));
  const name = context.shared({
    role: `depthwise_pairs_${kernel[1]}_${strides[1]}_${block}_${constants.shift}`,
    parameters: ["const qc_window *s", "const uint8_t *x", "const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    body: [`qc_depthwise_pairs(s, x, stream, y, (uint32_t *)(void *)scratch, ${literals.join(", ")});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
}
