/** Convolution by blocks of three pixels and two channels, weights taking two bytes each: qc_conv2d_blocks16.h. */
import { predictedInstructions } from "../../../targets/c/costs.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import type { Core } from "../../../targets/core.js";
import type { IntegerNode } from "../../ir/index.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import { blockParameters, blockStream, blockWindow, unrolledQuads } from "./conv2d-blocks.c.js";

type Node = IntegerNode<Conv2dAttributes>;

/** The most quads of taps that get code of their own: more would not repay their bytes. */
const mostUnrolled = 8;

/** What the kernel would save over qc_conv2d_blocks.h; none on cores without figures for both. */
export function blocks16For(node: Node, core: Core): Faster<Conv2dAttributes>[] {
  const { features } = core;
  if (!features.includes("dsp") || features.includes("mve")) return [];
  const blocks = predictedInstructions(core, "conv2d_blocks", node);
  const blocks16 = predictedInstructions(core, "conv2d_blocks16", node);
  if (blocks === undefined || blocks16 === undefined || isDepthwise(node) || !blockStream(node, "lanes")) return [];
  const bytes = node.attributes.weights.length;
  return [{ attributes: { ...node.attributes, weights16: true }, saved: blocks - blocks16, bytes }];
}

const isDepthwise = ({ output, attributes: { groups } }: Node) => groups > 1 && groups === output.shape[3];

/** Lowers the node, unless its weights or its requantization are not for this kernel; returns whether it did. */
export function lowerBlocks16(node: Node, context: CContext): boolean {
  const { inputs, output, attributes } = node;
  const found = blockStream(node, "lanes");
  if (!found) return false;
  const { words, shift, adds } = found;
  const { kernel } = attributes;
  const stream = context.constant("stream", "uint32_t", words);
  const few = unrolledQuads(node, mostUnrolled);
  const literals = [adds ? 1 : 0, few, signedLiteral(inputs[0]!), signedLiteral(output), ...kernel].join(", ");
  context.include("qc_conv2d_blocks16.h");
  context.statement(blockWindow(node));
  const name = context.shared({
    role: `conv2d_blocks16_${kernel.join("x")}_${few ? `${few}_` : ""}${adds ? "added_" : ""}${shift}`,
    parameters: blockParameters,
    body: [`qc_conv2d_blocks16(s, x, stream, y, (uint32_t *)(void *)scratch, ${shift}, ${literals});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
  return true;
}
