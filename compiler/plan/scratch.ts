/** Nodes by forms that need less scratch for more instructions: where they are needed, and only there. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerNode } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import type { Candidate } from "./candidates.js";
import { byRows, type Forms } from "./forms.js";
import type { Owner, Pieces } from "./pieces.js";
import type { Placement } from "./placement.js";
import { aligned } from "./plan.js";
import type { RowGroup } from "./row-group.js";
import { stageOf } from "./stages.js";
import { stripNode } from "./strips.js";

export interface Placed {
  readonly graph: IntegerGraph;
  readonly pieces: Pieces;
  readonly placement: Placement;
  /** Instructions that the forms of nodes add. */
  readonly added: number;
}

/**
 * Nodes of `graph`, which are by their forms of least scratch, get the fastest form whose scratch finds room below `limit` with
 * everything else where it is; those first that gain the most.
 */
export function fasterForms(
  graph: IntegerGraph,
  forms: Forms,
  steps: readonly Candidate[],
  { pieces, placement }: Pick<Placed, "pieces" | "placement">,
  limit: number,
  core: Core | undefined,
): Placed {
  const room = new Room(pieces, placement);
  const nodes = [...graph.nodes];
  const gain = (index: number) => forms.get(nodes[index]!.output)?.at(-1)?.added ?? 0;
  let added = 0;
  const several = [...nodes.keys()].filter((index) => forms.has(nodes[index]!.output));
  for (const index of several.sort((a, b) => gain(b) - gain(a) || a - b)) {
    const step = steps.findIndex(({ first, end }) => first <= index && index < end);
    const { group } = steps[step]!;
    const all = forms.get(nodes[index]!.output)!;
    const chosen = all.findIndex(({ node }, i) => {
      const bytes = group
        ? scratchByRows(node, index, group, core)
        : (opHomes.get(node.op)!.scratchBytes?.(node, core) ?? 0);
      return i === all.length - 1 || room.fit(node, index, step, aligned(bytes), limit);
    });
    nodes[index] = all[chosen]!.node;
    added += group ? byRows(all, chosen) : all[chosen]!.added;
  }
  return { graph: { ...graph, nodes }, ...room.placed(placement), added };
}

/** Scratch of a node in a group, as wide as rows or as its strips are. */
function scratchByRows(node: IntegerNode, index: number, { strips }: RowGroup, core: Core | undefined): number {
  const parts = strips?.map((strip) => stripNode(node, strip)) ?? [node];
  return parts.reduce((most, part) => Math.max(most, stageOf(part, index, core)!.scratchBytes), 0);
}

/** Where pieces lie, and where one may grow. */
class Room {
  readonly #sizes: number[];
  readonly #offsets: number[];
  readonly #owners: Owner[];
  readonly #together: number[][];

  constructor(
    readonly pieces: Pieces,
    placement: Placement,
  ) {
    this.#sizes = [...pieces.problem.sizes];
    this.#offsets = [...placement.offsets];
    this.#owners = [...pieces.owners];
    this.#together = pieces.problem.together.map((set) => [...set]);
  }

  /** Gives a node's scratch that many bytes, wherever they are free below `limit`; returns whether they are. */
  fit(node: IntegerNode, index: number, step: number, bytes: number, limit: number): boolean {
    const known = this.#owners.findIndex(({ scratchOf }) => scratchOf === index);
    // Scratch that had no bytes yet is alive in its whole step.
    const sets = this.#together.filter((set, i) =>
      known < 0 ? this.pieces.stepOfSet[i] === step : set.includes(known),
    );
    const others = [...new Set(sets.flat())].filter((piece) => piece !== known && this.#sizes[piece]! > 0);
    const end = (piece: number) => this.#offsets[piece]! + this.#sizes[piece]!;
    const free = (offset: number) =>
      others.every((piece) => offset >= end(piece) || offset + bytes <= this.#offsets[piece]!);
    const offset = [0, ...others.map(end)].sort((a, b) => a - b).find(free);
    if (offset === undefined || offset + bytes > limit) return false;
    const piece = known < 0 ? this.#owners.length : known;
    this.#sizes[piece] = bytes;
    this.#offsets[piece] = offset;
    if (known < 0) {
      this.#owners.push({ name: `scratch of ${node.name}`, tensors: [], scratchOf: index, start: step, end: step });
      for (const set of sets) set.push(piece);
    }
    return true;
  }

  placed(placement: Placement): Pick<Placed, "pieces" | "placement"> {
    const problem = { ...this.pieces.problem, sizes: this.#sizes, together: this.#together };
    const end = this.#offsets.reduce((most, offset, piece) => Math.max(most, offset + this.#sizes[piece]!), 0);
    return {
      pieces: { ...this.pieces, problem, owners: this.#owners },
      placement: { ...placement, offsets: this.#offsets, bytes: Math.max(placement.bytes, end) },
    };
  }
}
