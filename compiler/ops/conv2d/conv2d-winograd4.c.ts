/** 3x3 convolution by Winograd's F(4x4, 3x3) for cores without packed multiplies: qc_conv2d_winograd4.h. Eight bytes of flash a weight. */
import { predictedInstructions } from "../../../targets/c/costs.js";
import { laneConstants, laneSums } from "../../../targets/c/lanes.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Core } from "../../../targets/core.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";
import { transformed } from "./conv2d-winograd.c.js";

/** Whether geometry and constants are ones for the kernel. */
function isSuitable({ inputs, output, attributes }: Node): boolean {
  const { kernel, strides, dilations, groups, weights, requantize } = attributes;
  const [, rows, columns, outputs] = output.shape as [number, number, number, number];
  const plain = [...strides, ...dilations, groups].every((one) => one === 1) && kernel[0] === 3 && kernel[1] === 3;
  const bytes = inputs[0]!.type.bits <= 8 && output.type.bits <= 8 && weights instanceof Int8Array;
  const sizes = rows >= 4 && columns >= 4 && outputs >= 4 && inputs[0]!.shape[3]! % 4 === 0;
  return plain && bytes && sizes && laneConstants(requantize) !== undefined;
}

/** What the kernel would save over four windows by four channels; parts of the node run by lanes. None without figures for both. */
function forSpeed(node: Node, core: Core): Faster<Conv2dAttributes>[] {
  if (!isSuitable(node)) return [];
  const quads = predictedInstructions(core, "conv2d_quads", node);
  const winograd = predictedInstructions(core, "conv2d_winograd4", node);
  if (quads === undefined || winograd === undefined) return [];
  const bytes = 7 * node.attributes.weights.length + node.output.shape[3]!;
  return [{ attributes: { ...node.attributes, winograd: true, lanes: true }, saved: quads - winograd, bytes }];
}

/** Transformed codes of four tiles, the sums of four channels, and the copy of a tile. */
function scratchBytes({ inputs }: Node): number {
  return (288 + 36) * inputs[0]!.shape[3]! + 2304;
}

/** G with its first five rows times 24. Twice applied it makes a weight at most 144 times as large: 16 bits hold it. */
const transform = [
  [6, 0, 0],
  [-4, -4, -4],
  [-4, 4, -4],
  [1, 2, 4],
  [1, -2, 4],
  [0, 0, 1],
];

export const winograd4: Conv2dKernel = {
  feature: "lanes",
  takes: (node) => node.attributes.winograd === true && isSuitable(node),
  scratchBytes,
  lower,
  forSpeed,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { bias, inputZeroPoint, requantize } = attributes;
  const [channels, outputs] = [inputs[0]!.shape[3]!, output.shape[3]!];
  const constants = laneConstants(requantize)!;
  const taps = 9 * channels;
  const whole = { channels: outputs, taps, weights: attributes.weights, centre: 0, codes: () => ({ lo: 0, hi: 0 }) };
  const { matrix, missing } = laneSums(whole, bias, inputZeroPoint, constants);
  const filters = Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: channels }, (_, c) =>
      transformed(transform, (tap) => matrix.weights[o * taps + tap * channels + c]!),
    ),
  );
  const words = [0, constants.shift, constants.limits.lo, constants.limits.hi];
  const half = (o: number, c: number, position: number) => filters[o]![c]![position]! & 0xffff;
  for (let next = 0; next < outputs; next += 4) {
    // The last four reach back over channels that are done.
    const first = Math.min(next, outputs - 4);
    words.push(first);
    for (let o = first; o < first + 4; o++) {
      const { addend, multiplier } = constants.channels[constants.channels.length === 1 ? 0 : o]!;
      words.push((addend + 256 * missing[o]!) >>> 0, multiplier);
    }
    for (let position = 0; position < 36; position++)
      for (let c = 0; c < channels; c++)
        for (const o of [first, first + 2]) words.push((half(o, c, position) | (half(o + 1, c, position) << 16)) >>> 0);
  }
  words[0] = words.length;
  const stream = context.constant("stream", "uint32_t", Uint32Array.from(words));
  context.include("qc_conv2d_winograd4.h");
  context.statement(windowStatement(attributes, inputs[0]!, output, 1, inputZeroPoint));
  const name = context.shared({
    role: "conv2d_winograd4",
    parameters: ["const qc_window *s", "const uint8_t *x", "const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    body: [`qc_conv2d_winograd4(s, x, stream, y, (uint32_t *)(void *)scratch, ${signedLiteral(inputs[0]!)});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
}
