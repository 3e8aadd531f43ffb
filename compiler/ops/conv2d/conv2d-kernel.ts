/** What every kernel for convolutions says of itself. */
import type { CContext } from "../../../targets/c/lowering.js";
import type { Core, CoreFeature } from "../../../targets/core.js";
import type { IntegerNode } from "../../ir/index.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

export type Node = IntegerNode<Conv2dAttributes>;

/** Code of runtime-c for nodes of some geometry and some constants. */
export interface Conv2dKernel {
  /** What a core needs to have it; every core has it unless given. */
  readonly feature?: CoreFeature;
  /** Whether it computes the node, by geometry, certified constants and what attributes ask for. */
  takes(node: Node): boolean;
  /** Bytes of scratch for a node that it takes; none unless given. */
  scratchBytes?(node: Node): number;
  /** Emits the constants and the call of a node that it takes. */
  lower(node: Node, context: CContext): void;
  /** What the node would save by asking for it. */
  forSpeed?(node: Node, core: Core): Faster<Conv2dAttributes>[];
}

/** Whether every channel has a kernel of its own and one output. */
export function isDepthwise({ inputs, output, attributes: { groups } }: Node): boolean {
  return groups > 1 && groups === inputs[0]!.shape[3] && groups === output.shape[3];
}

/** Codes of a window of one group: weights of an output channel. */
export const tapsOf = ({ attributes: { weights }, output }: Node): number => weights.length / output.shape[3]!;

/** Whether a core's packed multiplies are the widest that it has. */
export const packsMost = ({ features }: Core): boolean => features.includes("dsp") && !features.includes("mve");
