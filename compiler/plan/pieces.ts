/** A schedule as a placement problem: the pieces of the arena, and which of them are alive together. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import type { Candidate } from "./candidates.js";
import type { InputPlaces } from "./input-places.js";
import { isWhole, type Life, livesOf, overwritten, tensorBytes, unshared } from "./liveness.js";
import type { Chase, Extent, PlacementProblem } from "./placement.js";
import { aligned } from "./plan.js";
import { extentsOf, type RowGroup } from "./row-group.js";

/** One piece of the arena. */
export interface Owner {
  readonly name: string;
  /** Tensors that share it: parts and in-place results; none for scratch. */
  readonly tensors: readonly IntegerTensor[];
  /** The bytes at which tensors begin that do not begin at its first. */
  readonly places?: ReadonlyMap<IntegerTensor, number>;
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
  places?: Map<IntegerTensor, number>;
  scratchOf?: number;
  bytes: number;
  start: number;
  end: number;
}

/** The pieces of a schedule. */
export function piecesOf(graph: IntegerGraph, steps: readonly Candidate[], places: InputPlaces, core?: Core): Pieces {
  const { streamed, external } = places;
  const lives = livesOf(graph, places);
  const stepOfNode = steps.flatMap(({ first, end }, step) => new Array<number>(end - first).fill(step));
  const stepAt = (node: number) => (node < 0 ? -1 : (stepOfNode[node] ?? steps.length));
  const drafts: Draft[] = [];
  const draftOf = new Map<Life, number>();
  /** Gives a life, which begins at `start`, bytes of its own, or those `from` on of a piece that it overwrites. */
  const take = (life: Life, index: number, from: number) => {
    draftOf.set(life, index);
    const { tensors, places } = drafts[index]!;
    for (const [tensor, part] of life.parts) {
      tensors.push(tensor);
      places!.set(tensor, from + part);
    }
  };
  const create = (tensor: IntegerTensor, start: number) => {
    const life = lives.get(tensor)!;
    if (draftOf.has(life)) return;
    const bytes = aligned(tensorBytes(life.tensor));
    const end = Math.max(start, stepAt(life.end));
    const index = drafts.push({ name: life.tensor.name, tensors: [], places: new Map(), bytes, start, end }) - 1;
    take(life, index, 0);
  };
  const overwrite = (tensor: IntegerTensor, source: IntegerTensor) => {
    const index = draftOf.get(lives.get(source)!);
    if (index === undefined) return; // Of an external input.
    const draft = drafts[index]!;
    const life = lives.get(tensor)!;
    draft.end = Math.max(draft.end, stepAt(life.end));
    take(life, index, draft.places!.get(source)!);
  };
  /** Its piece, where it has no other bytes. */
  const pieceOf = (tensor: IntegerTensor) => {
    const life = lives.get(tensor)!;
    const index = isWhole(life, tensor) ? draftOf.get(life) : undefined;
    return index !== undefined && drafts[index]!.bytes === aligned(tensorBytes(tensor)) ? index : undefined;
  };
  for (const input of graph.inputs) if (!streamed.has(input) && !external.has(input)) create(input, -1);
  const chases: Chase[] = [];
  /** Inner pieces of each step, as sets. */
  const inner: number[][][] = [];
  const used = new Map<number, (set: number) => Extent[]>();
  steps.forEach(({ first, end, group }, step) => {
    if (!group) {
      const node = graph.nodes[first]!;
      const source = overwritten(node, first, lives);
      if (source) overwrite(node.output, source);
      else if (!external.has(lives.get(node.output)!.tensor)) create(node.output, step);
      const bytes = opHomes.get(node.op)!.scratchBytes?.(node, core) ?? 0;
      inner.push([bytes > 0 ? [drafts.length] : []]);
      if (bytes > 0) drafts.push(scratchDraft(node.name, first, bytes, step));
      return;
    }
    for (const output of group.outputs) create(output, step);
    const base = drafts.length;
    for (const piece of group.inner) {
      if ("tensor" in piece) {
        const { tensor, lead } = piece;
        const rows = group.rows.get(tensor.id);
        const name = `${tensor.name} (${rows} ${rows === 1 ? "row" : "rows"})`;
        const tensors = [tensor, ...overlaysOn(tensor, group)];
        const bytes = aligned(piece.bytes);
        drafts.push({ name, tensors, places: new Map([[tensor, lead]]), bytes, start: step, end: step });
      } else drafts.push(scratchDraft(graph.nodes[piece.scratchOf]!.name, piece.scratchOf, piece.bytes, step));
    }
    inner.push(group.together.map((set) => set.map((i) => base + i)));
    used.set(step, (set) => extentsOf(group, set));
    for (const input of unshared(group.inputs, lives)) {
      const chased = pieceOf(input);
      if (lives.get(input)!.end >= end || chased === undefined) continue;
      const chase = (chaser: IntegerTensor | number, output: number | undefined) => {
        const distance = Math.max(0, aligned(group.distance(input, chaser)));
        if (output !== undefined && distance < drafts[output]!.bytes) chases.push({ input: chased, output, distance });
      };
      for (const output of group.outputs) chase(output, pieceOf(output));
      for (const piece of group.inner.keys()) chase(piece, base + piece);
    }
  });
  const innerPieces = new Set(inner.flat(2));
  const together: number[][] = [];
  const extents: (Extent[] | undefined)[] = [];
  const stepOfSet: number[] = [];
  for (let step = -1; step <= steps.length; step++) {
    const alive = drafts.flatMap(({ start, end }, i) =>
      !innerPieces.has(i) && start <= step && step <= end ? [i] : [],
    );
    const whole = alive.map((piece) => ({ from: 0, to: drafts[piece]!.bytes }));
    (inner[step] ?? [[]]).forEach((set, i) => {
      together.push([...alive, ...set]);
      const parts = used.get(step)?.(i);
      extents.push(parts && [...whole, ...parts]);
      stepOfSet.push(step);
    });
  }
  const sizes = drafts.map(({ bytes }) => bytes);
  const rank = (i: number) => [drafts[i]!.start, innerPieces.has(i) ? 1 : 0, -sizes[i]!] as const;
  const order = [...drafts.keys()].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x[0] - y[0] || x[1] - y[1] || x[2] - y[2] || a - b;
  });
  const groups = inner.map((sets) => [...new Set(sets.flat())]);
  return { problem: { sizes, together, extents, chases, order, groups }, owners: drafts, stepOfSet };
}

/** Tensors that have their row among those of another. */
const overlaysOn = ({ id }: IntegerTensor, { stages, overlays }: RowGroup): IntegerTensor[] =>
  stages.map(({ node }) => node.output).filter((output) => overlays.get(output.id)?.under === id);

const scratchDraft = (name: string, scratchOf: number, bytes: number, step: number): Draft => ({
  name: `scratch of ${name}`,
  tensors: [],
  scratchOf,
  bytes: aligned(bytes),
  start: step,
  end: step,
});
