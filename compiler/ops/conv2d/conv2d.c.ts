/** Convolution in C: the kernels, and which of them computes a node. */
import type { CLowering } from "../../../targets/c/lowering.js";
import { isWide } from "../../../targets/c/wide.js";
import type { Core } from "../../../targets/core.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import { blocks } from "./conv2d-blocks.c.js";
import { blocks16 } from "./conv2d-blocks16.c.js";
import { mveColumns } from "./conv2d-columns-mve.c.js";
import { halves } from "./conv2d-halves.c.js";
import { type Conv2dKernel, isDepthwise, type Node } from "./conv2d-kernel.js";
import { lanes } from "./conv2d-lanes.c.js";
import { mve } from "./conv2d-mve.c.js";
import { pairs } from "./conv2d-pairs.c.js";
import { mvePixels } from "./conv2d-pixels-mve.c.js";
import { quads } from "./conv2d-quads.c.js";
import { wide } from "./conv2d-wide.c.js";
import { winograd } from "./conv2d-winograd.c.js";
import { winograd4 } from "./conv2d-winograd4.c.js";
import { depthwise } from "./depthwise-conv2d.c.js";
import { mveDepthwise } from "./depthwise-conv2d-mve.c.js";
import { depthwiseLine } from "./depthwise-line.c.js";
import { depthwisePairs } from "./depthwise-pairs.c.js";
import { mvePlanes } from "./depthwise-planes-mve.c.js";
import { depthwiseRolling } from "./depthwise-rolling.c.js";
import { depthwiseRows } from "./depthwise-rows.c.js";

/** By kind of node, the fastest first: the first kernel that a core has and that takes a node computes it. The last takes all. */
const kernels = {
  wide: [wide],
  depthwise: [mvePlanes, mveDepthwise, depthwiseLine, depthwisePairs, depthwiseRows, depthwiseRolling, depthwise],
  dense: [mveColumns, mvePixels, mve, winograd, blocks16, blocks, pairs, winograd4, lanes, halves, quads],
} satisfies Record<string, readonly Conv2dKernel[]>;

/** The kernels that a core has, or any core, for nodes of this kind. */
function kernelsOf(node: Node, core?: Core): readonly Conv2dKernel[] {
  const all: readonly Conv2dKernel[] = kernels[isWide(node) ? "wide" : isDepthwise(node) ? "depthwise" : "dense"];
  return core ? all.filter(({ feature }) => feature === undefined || core.features.includes(feature)) : all;
}

/** The kernel that computes a node on a core. */
export const kernelOf = (node: Node, core: Core): Conv2dKernel =>
  kernelsOf(node, core).find((kernel) => kernel.takes(node))!;

/** Bytes of scratch on a core, or on whichever needs most. */
export function scratchBytes(node: Node, core?: Core): number {
  const used = core ? [kernelOf(node, core)] : kernelsOf(node).filter((kernel) => kernel.takes(node));
  return Math.max(...used.map((kernel) => kernel.scratchBytes?.(node) ?? 0));
}

/** What kernels of a core would save, each by attributes that ask for it. */
export const forSpeed = (node: Node, core: Core): Faster<Conv2dAttributes>[] =>
  kernelsOf(node, core).flatMap((kernel) => kernel.forSpeed?.(node, core) ?? []);

export const c: CLowering<Conv2dAttributes> = (node, context) => kernelOf(node, context.core).lower(node, context);
