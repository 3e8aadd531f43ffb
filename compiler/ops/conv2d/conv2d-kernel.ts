/** What the kernels for convolutions share. */
import type { Kernel } from "../../../targets/c/kernel.js";
import type { IntegerNode } from "../../ir/index.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

export type Node = IntegerNode<Conv2dAttributes>;
export type Conv2dKernel = Kernel<Conv2dAttributes>;

/** Whether every channel has a kernel of its own and one output. */
export function isDepthwise({ inputs, output, attributes: { groups } }: Node): boolean {
  return groups > 1 && groups === inputs[0]!.shape[3] && groups === output.shape[3];
}

/** Codes of a window of one group: weights of an output channel. */
export const tapsOf = ({ attributes: { weights }, output }: Node): number => weights.length / output.shape[3]!;
