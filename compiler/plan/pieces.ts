/** A schedule as a placement problem: the pieces of the arena, and which of them are alive together. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import type { Candidate } from "./candidates.js";
import type { InputPlaces } from "./input-places.js";
import { livesOf, overwritten, tensorBytes } from "./liveness.js";
import type { Chase, PlacementProblem } from "./placement.js";
import { aligned } from "./plan.js";

/** One piece of the arena. */
export interface Owner {
  readonly name: string;
  /** Tensors that share it: aliases and in-place results; none for scratch. */
  readonly tensors: readonly IntegerTensor[];
  /** Index of the node whose scratch this is. */
  readonly scratchOf?: number | undefined;
  /** First and last step; inputs start at -1, outputs end at the number of steps. */
  readonly start: number;
  readonly end: number;
}

export interface Pieces {
  readonly problem: PlacementProblem;
  readonly owners: readonly Owner[];
  /** The step of each set of `problem.together`. */
  readonly stepOfSet: readonly number[];
}

interface Draft {
  name: string;
  tensors: IntegerTensor[];
  scratchOf?: number;
  bytes: number;
  start: number;
  end: number;
}

/** The pieces of a schedule. */
export function piecesOf(
  graph: IntegerGraph,
  steps: readonly Candidate[],
  { streamed, external }: InputPlaces,
  core?: Core,
): Pieces {
  const lives = livesOf(graph, external);
  const stepOfNode = steps.flatMap(({ first, end }, step) => new Array<number>(end - first).fill(step));
  const stepAt = (node: number) => (node < 0 ? -1 : (stepOfNode[node] ?? steps.length));
  const drafts: Draft[] = [];
  const draftOf = new Map<IntegerTensor, number>();
  const lastOf = (tensor: IntegerTensor) => stepAt(lives.get(tensor)!.end);
  const create = (tensor: IntegerTensor, start: number) => {
    draftOf.set(tensor, drafts.length);
    const bytes = aligned(tensorBytes(tensor));
    drafts.push({ name: tensor.name, tensors: [tensor], bytes, start, end: Math.max(start, lastOf(tensor)) });
  };
  const join = (tensor: IntegerTensor, source: IntegerTensor) => {
    const index = draftOf.get(source);
    if (index === undefined) return; // Of an external input.
    const draft = drafts[index]!;
    draft.tensors.push(tensor);
    draft.end = Math.max(draft.end, lastOf(tensor));
    draftOf.set(tensor, index);
  };
  for (const input of graph.inputs) if (!streamed.has(input) && !external.has(input)) create(input, -1);
  const chases: Chase[] = [];
  /** Inner pieces of each step, as sets. */
  const inner: number[][][] = [];
  steps.forEach(({ first, end, group }, step) => {
    if (!group) {
      const node = graph.nodes[first]!;
      const home = opHomes.get(node.op)!;
      const source = home.alias ? node.inputs[0] : overwritten(node, first, lives);
      if (source) join(node.output, source);
      else create(node.output, step);
      const bytes = home.scratchBytes?.(node, core) ?? 0;
      inner.push([bytes > 0 ? [drafts.length] : []]);
      if (bytes > 0) drafts.push(scratchDraft(node.name, first, bytes, step));
      return;
    }
    for (const output of group.outputs) create(output, step);
    const base = drafts.length;
    for (const piece of group.inner) {
      if ("tensor" in piece) {
        const { tensor } = piece;
        const name = `${tensor.name} (${group.rows.get(tensor.id)} rows)`;
        drafts.push({ name, tensors: [tensor], bytes: aligned(piece.bytes), start: step, end: step });
      } else drafts.push(scratchDraft(graph.nodes[piece.scratchOf]!.name, piece.scratchOf, piece.bytes, step));
    }
    inner.push(group.together.map((set) => set.map((i) => base + i)));
    for (const input of group.inputs) {
      if (lives.get(input)!.end >= end) continue;
      const chase = (chaser: IntegerTensor | number, output: number) => {
        const distance = Math.max(0, aligned(group.distance(input, chaser)));
        if (distance < drafts[output]!.bytes) chases.push({ input: draftOf.get(input)!, output, distance });
      };
      for (const output of group.outputs) chase(output, draftOf.get(output)!);
      for (const piece of group.inner.keys()) chase(piece, base + piece);
    }
  });
  const innerPieces = new Set(inner.flat(2));
  const together: number[][] = [];
  const stepOfSet: number[] = [];
  for (let step = -1; step <= steps.length; step++) {
    const alive = drafts.flatMap(({ start, end }, i) =>
      !innerPieces.has(i) && start <= step && step <= end ? [i] : [],
    );
    for (const set of inner[step] ?? [[]]) {
      together.push([...alive, ...set]);
      stepOfSet.push(step);
    }
  }
  const sizes = drafts.map(({ bytes }) => bytes);
  const rank = (i: number) => [drafts[i]!.start, innerPieces.has(i) ? 1 : 0, -sizes[i]!] as const;
  const order = [...drafts.keys()].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x[0] - y[0] || x[1] - y[1] || x[2] - y[2] || a - b;
  });
  const groups = inner.map((sets) => [...new Set(sets.flat())]);
  return { problem: { sizes, together, chases, order, groups }, owners: drafts, stepOfSet };
}

const scratchDraft = (name: string, scratchOf: number, bytes: number, step: number): Draft => ({
  name: `scratch of ${name}`,
  tensors: [],
  scratchOf,
  bytes: aligned(bytes),
  start: step,
  end: step,
});
