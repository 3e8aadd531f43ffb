/** Convolution by blocks of three pixels and two channels, weights taking two bytes each: qc_conv2d_blocks16.h. */

import { predictedInstructions } from "../../../targets/c/costs.js";
import { packsMost } from "../../../targets/c/kernel.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import type { Core } from "../../../targets/core.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import { blockParameters, blockScratchBytes, blockStream, blockWindow, unrolledQuads } from "./conv2d-blocks.c.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

/** Layers of up to `quads` quads of taps and from `pixels` pixels on get code of their own: others would not repay its bytes. */
const unrolled = [
  { quads: 8, pixels: 40 },
  { quads: 16, pixels: 100 },
];

/** What the kernel would save over qc_conv2d_blocks.h; none on cores without figures for both. */
function forSpeed(node: Node, core: Core): Faster<Conv2dAttributes>[] {
  if (!packsMost(core)) return [];
  const blocks = predictedInstructions(core, "conv2d_blocks", node);
  const blocks16 = predictedInstructions(core, "conv2d_blocks16", node);
  if (blocks === undefined || blocks16 === undefined || !blockStream(node, "lanes")) return [];
  const bytes = node.attributes.weights.length;
  return [{ attributes: { ...node.attributes, weights16: true }, saved: blocks - blocks16, bytes }];
}

export const blocks16: Conv2dKernel = {
  feature: "dsp",
  takes: (node) => node.attributes.weights16 === true && blockStream(node, "lanes") !== undefined,
  scratchBytes: blockScratchBytes,
  lower,
  forSpeed,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { words, shift, adds } = blockStream(node, "lanes")!;
  const { kernel } = attributes;
  const stream = context.constant("stream", "uint32_t", words);
  const most = unrolled.filter(({ pixels }) => output.shape[1]! * output.shape[2]! >= pixels).at(-1)?.quads ?? 0;
  const few = unrolledQuads(node, most);
  const literals = [adds ? 1 : 0, few, signedLiteral(inputs[0]!), signedLiteral(output), ...kernel].join(", ");
  context.include("qc_conv2d_blocks16.h");
  context.statement(blockWindow(node));
  const name = context.shared({
    role: `conv2d_blocks16_${kernel.join("x")}_${few ? `${few}_` : ""}${adds ? "added_" : ""}${shift}`,
    parameters: blockParameters,
    body: [`qc_conv2d_blocks16(s, x, stream, y, (uint32_t *)(void *)scratch, ${shift}, ${literals});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
}
