/** Convolution in C: the kernels, and which of them computes a node. */
import { fasterKernels, type Kernels, kernelOf, kernelScratchBytes } from "../../../targets/c/kernel.js";
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

/** By kind of node. */
const kernels = {
  wide: [wide],
  depthwise: [mvePlanes, mveDepthwise, depthwiseLine, depthwisePairs, depthwiseRows, depthwiseRolling, depthwise],
  dense: [mveColumns, mvePixels, mve, winograd, blocks16, blocks, pairs, winograd4, lanes, halves, quads],
} satisfies Record<string, Kernels<Conv2dAttributes>>;

const kernelsFor = (node: Node): Kernels<Conv2dAttributes> =>
  kernels[isWide(node) ? "wide" : isDepthwise(node) ? "depthwise" : "dense"];

/** The kernel that computes a node on a core. */
export const kernelFor = (node: Node, core: Core): Conv2dKernel => kernelOf(kernelsFor(node), node, core);

/** Bytes of scratch on a core, or on whichever needs most. */
export const scratchBytes = (node: Node, core?: Core): number => kernelScratchBytes(kernelsFor(node), node, core);

/** What kernels of a core would save, each by attributes that ask for it. */
export const forSpeed = (node: Node, core: Core): Faster<Conv2dAttributes>[] =>
  fasterKernels(kernelsFor(node), node, core);

export const c: CLowering<Conv2dAttributes> = (node, context) => kernelFor(node, context.core).lower(node, context);
