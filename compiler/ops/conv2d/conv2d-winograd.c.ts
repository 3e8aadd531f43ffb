/** 3x3 convolution by Winograd's F(2x2, 3x3): qc_conv2d_winograd.h. Fewer products for more flash: 32/9 bytes a weight. */

import { blockConstants } from "../../../targets/c/blocks.js";
import { predictedInstructions } from "../../../targets/c/costs.js";
import { keptByLayer, packsMost } from "../../../targets/c/kernel.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { weightSums } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Core } from "../../../targets/core.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

/** Whether the geometry is one for the kernel. */
function isSuitable({ inputs, output, attributes }: Node): boolean {
  const { kernel, strides, dilations, groups, weights } = attributes;
  const [, rows, columns, outputs] = output.shape as [number, number, number, number];
  const plain = [...strides, ...dilations, groups].every((one) => one === 1) && kernel[0] === 3 && kernel[1] === 3;
  const even = rows % 2 === 0 && columns % 2 === 0 && columns >= 8 && outputs % 2 === 0;
  return plain && even && inputs[0]!.shape[3]! % 4 === 0 && inputs[0]!.type.bits <= 8 && weights instanceof Int8Array;
}

/** What the kernel would save over blocks; none on cores without figures for both. */
function forSpeed(node: Node, core: Core): Faster<Conv2dAttributes>[] {
  if (!packsMost(core) || !isSuitable(node)) return [];
  const blocks = predictedInstructions(core, "conv2d_blocks", node);
  const winograd = predictedInstructions(core, "conv2d_winograd", node);
  if (blocks === undefined || winograd === undefined) return [];
  const { weights } = node.attributes;
  // 16 transformed weights of two bytes for each nine, which take one byte in blocks; and six constants for four per two channels.
  const bytes = (weights.length / 9) * 32 - weights.length + 4 * node.output.shape[3]!;
  return [{ attributes: { ...node.attributes, winograd: true }, saved: blocks - winograd, bytes }];
}

/** Transformed codes of four tiles, and the sums of two channels. */
function scratchBytes({ inputs }: Node): number {
  return 128 * inputs[0]!.shape[3]! + 512;
}

/** 2G: its square makes results 4 times the accumulators. */
const transform = [
  [2, 0, 0],
  [1, 1, 1],
  [1, -1, 1],
  [0, 0, 2],
];

/** T w T' of one 3x3 filter, given by tap. */
export function transformed(matrix: readonly (readonly number[])[], weight: (tap: number) => number): number[] {
  const along = matrix.map((row) =>
    [0, 1, 2].map((j) => [0, 1, 2].reduce((s, i) => s + row[i]! * weight(3 * i + j), 0)),
  );
  return along.flatMap((values) => matrix.map((row) => row.reduce((s, factor, j) => s + factor * values[j]!, 0)));
}

interface Stream {
  readonly words: readonly number[];
  readonly shift: number;
}

/** What the kernel reads of a node; undefined where transformed weights leave 16 bits, or no scale certifies. */
const streamOf = keptByLayer(({ inputs, output, attributes }: Node): Stream | undefined => {
  const { weights, bias, inputZeroPoint, requantize } = attributes;
  const [channels, outputs] = [inputs[0]!.shape[3]!, output.shape[3]!];
  const filters = Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: channels }, (_, c) => transformed(transform, (tap) => weights[(o * 9 + tap) * channels + c]!)),
  );
  const largest = filters.flat(2).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const sums = weightSums(weights, outputs);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  for (const scale of [256, 128, 64, 32, 16, 8, 4]) {
    if ((largest * scale) / 4 > 32767) continue;
    const constants = blockConstants(requantize, output.type, missing, undefined, scale);
    if (!constants) continue;
    const words: number[] = [];
    const lane = (o: number, c: number, position: number) => ((filters[o]![c]![position]! * scale) / 4) & 0xffff;
    for (let o = 0; o < outputs; o += 2) {
      for (let position = 0; position < 16; position++)
        for (let c = 0; c < channels; c += 4)
          for (const k of [c, c + 1])
            for (const channel of [o, o + 1])
              words.push((lane(channel, k, position) | (lane(channel, k + 2, position) << 16)) >>> 0);
      for (const { start, multiplier, addend } of constants.channels.slice(o, o + 2))
        words.push(start, multiplier, addend >>> 0);
    }
    return { words, shift: constants.shift };
  }
  return undefined;
});

export const winograd: Conv2dKernel = {
  feature: "dsp",
  takes: (node) => node.attributes.winograd === true && isSuitable(node) && streamOf(node) !== undefined,
  scratchBytes,
  lower,
  forSpeed,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { words, shift } = streamOf(node)!;
  const stream = context.constant("stream", "uint32_t", words);
  const literals = [shift, signedLiteral(inputs[0]!), signedLiteral(output)].join(", ");
  context.include("qc_conv2d_winograd.h");
  context.statement(windowStatement(attributes, inputs[0]!, output, 1, attributes.inputZeroPoint));
  const name = context.shared({
    role: `conv2d_winograd_${shift}`,
    parameters: ["const qc_window *s", "const uint8_t *x", "const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    body: [`qc_conv2d_winograd(s, x, stream, y, (uint32_t *)(void *)scratch, ${literals});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
}
