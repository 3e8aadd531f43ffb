/** Matrix product in C: the kernels, and which of them computes a node. */
import { fasterKernels, type Kernels, kernelOf, kernelScratchBytes } from "../../../targets/c/kernel.js";
import type { CLowering } from "../../../targets/c/lowering.js";
import { isWide } from "../../../targets/c/wide.js";
import type { Core } from "../../../targets/core.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { Faster } from "../op.js";
import type { DenseAttributes } from "./dense.types.js";
import { blocks } from "./dense-blocks.c.js";
import { halves } from "./dense-halves.c.js";
import { lanes } from "./dense-lanes.c.js";
import { mve } from "./dense-mve.c.js";
import { pairs } from "./dense-pairs.c.js";
import { quads } from "./dense-quads.c.js";
import { wide } from "./dense-wide.c.js";

type Node = IntegerNode<DenseAttributes>;

const kernelsFor = (node: Node): Kernels<DenseAttributes> =>
  isWide(node) ? [wide] : [mve, blocks, pairs, lanes, halves, quads];

/** Bytes of scratch on a core, or on whichever needs most. */
export const scratchBytes = (node: Node, core?: Core): number => kernelScratchBytes(kernelsFor(node), node, core);

/** What kernels of a core would save, each by attributes that ask for it. */
export const forSpeed = (node: Node, core: Core): Faster<DenseAttributes>[] =>
  fasterKernels(kernelsFor(node), node, core);

/** Instructions that a multiply-accumulate takes more where codes are not widened first. */
const addedByWidening = 0.12;

/** Rows read as they are. */
export function lessScratch(
  node: Node,
  core?: Core,
): { readonly attributes: DenseAttributes; readonly added: number }[] {
  const direct = { ...node, attributes: { ...node.attributes, direct: true } };
  if (!core || scratchBytes(direct, core) >= scratchBytes(node, core)) return [];
  const rows = elementCount(node.output.shape) / node.output.shape.at(-1)!;
  return [
    { attributes: direct.attributes, added: Math.round(addedByWidening * rows * node.attributes.weights.length) },
  ];
}

export const c: CLowering<DenseAttributes> = (node, context) =>
  kernelOf(kernelsFor(node), node, context.core).lower(node, context);
