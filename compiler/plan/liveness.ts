/** Which bytes must be alive at which step. */
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { bytesPerElement, elementCount } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import { arenaAlignment } from "./plan.js";

/** One piece of the arena: the tensors that share it (aliases and in-place results), or a node's scratch. */
export interface Buffer {
  readonly bytes: number;
  /** First and last step (node index) at which it is alive; inputs start at -1, outputs end at the node count. */
  readonly start: number;
  readonly end: number;
  readonly tensors: readonly IntegerTensor[];
  /** Index of the node whose scratch this is. */
  readonly scratchOf?: number | undefined;
}

/** Bytes of a tensor in the arena, before alignment. */
export function tensorBytes(tensor: IntegerTensor): number {
  return elementCount(tensor.shape) * bytesPerElement(tensor.type);
}

const aligned = (bytes: number) => Math.ceil(bytes / arenaAlignment) * arenaAlignment;

/** Last step at which each tensor is read. */
function lastReads(graph: IntegerGraph): Map<IntegerTensor, number> {
  const last = new Map<IntegerTensor, number>();
  graph.nodes.forEach((node, step) => {
    for (const input of node.inputs) last.set(input, step);
  });
  for (const output of graph.outputs) last.set(output, graph.nodes.length);
  return last;
}

interface Draft {
  bytes: number;
  start: number;
  end: number;
  tensors: IntegerTensor[];
}

/** The buffers of a graph in its given order. An op may write over an input that dies with it when its home allows. */
export function buffersOf(graph: IntegerGraph): Buffer[] {
  const last = lastReads(graph);
  const drafts: Draft[] = [];
  const draftOf = new Map<IntegerTensor, Draft>();
  const create = (tensor: IntegerTensor, start: number) => {
    const draft = { bytes: aligned(tensorBytes(tensor)), start, end: last.get(tensor) ?? start, tensors: [tensor] };
    drafts.push(draft);
    draftOf.set(tensor, draft);
  };
  const join = (tensor: IntegerTensor, draft: Draft) => {
    draft.tensors.push(tensor);
    draft.end = Math.max(draft.end, last.get(tensor) ?? draft.end);
    draftOf.set(tensor, draft);
  };
  for (const input of graph.inputs) create(input, -1);
  const scratch: Buffer[] = [];
  graph.nodes.forEach((node, step) => {
    const home = opHomes.get(node.op)!;
    const shared = home.alias ? draftOf.get(node.inputs[0]!) : overwritten(node, step, draftOf);
    if (shared) join(node.output, shared);
    else create(node.output, step);
    const bytes = home.scratchBytes?.(node) ?? 0;
    if (bytes > 0) scratch.push({ bytes: aligned(bytes), start: step, end: step, tensors: [], scratchOf: step });
  });
  return [...drafts, ...scratch];
}

/** The buffer of an input that this node may overwrite: same size, and nobody reads it later. */
function overwritten(node: IntegerNode, step: number, draftOf: ReadonlyMap<IntegerTensor, Draft>): Draft | undefined {
  const home = opHomes.get(node.op)!;
  const index = node.inputs.findIndex(
    (input, i) =>
      home.inPlace?.(node, i) === true &&
      draftOf.get(input)!.end === step &&
      tensorBytes(input) === tensorBytes(node.output),
  );
  return index < 0 ? undefined : draftOf.get(node.inputs[index]!);
}
