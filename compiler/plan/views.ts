/** Tensors that lie within others, so that no code moves them: slices of one that is whole, and what a concatenation joins. */
import type { IntegerGraph, IntegerNode } from "../ir/integer-graph.js";
import { bytesPerElement } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import { arenaAlignment, type Plan } from "./plan.js";

/** Byte of a node's first input at which its output can lie; undefined where it needs a place of its own. */
export function viewPlace(node: IntegerNode): number | undefined {
  const home = opHomes.get(node.op)!;
  return home.alias ? 0 : alignedPlace(node, home.view?.(node));
}

/** Byte of a node's output at which its input `index` can lie; undefined where it must be copied there. */
export function joinPlace(node: IntegerNode, index: number): number | undefined {
  return alignedPlace(node, opHomes.get(node.op)!.joins?.(node, index));
}

/** Kernels read words, so that only the alignment of the arena will do. */
function alignedPlace({ output }: IntegerNode, element: number | undefined): number | undefined {
  const place = element === undefined ? undefined : element * bytesPerElement(output.type);
  return place === undefined || place % arenaAlignment !== 0 ? undefined : place;
}

/** Whether any tensor but aliases can lie within another. */
export function hasViews({ nodes }: IntegerGraph): boolean {
  return nodes.some((node) => {
    const joined = node.inputs.some((_, index) => joinPlace(node, index) !== undefined);
    return joined || (!opHomes.get(node.op)!.alias && viewPlace(node) !== undefined);
  });
}

/** Whether a plan has input `index` of a node that runs on whole tensors where the output has the same elements. */
export function isInPlace({ offsets, external }: Plan, node: IntegerNode, index: number): boolean {
  const input = node.inputs[index]!;
  const [from, to] = [offsets.get(input.id), offsets.get(node.output.id)];
  const [join, view] = [joinPlace(node, index), index === 0 ? viewPlace(node) : undefined];
  if (external.has(input.id)) return view === 0 && external.has(node.output.id);
  if (from === undefined || to === undefined) return false;
  return (join !== undefined && from === to + join) || (view !== undefined && to === from + view);
}
