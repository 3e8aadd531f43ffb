/** Steps that compute the first nodes in strips of columns, each row by row, from an input that can be read again. */
import type { Core } from "../../targets/core.js";
import { bytesPerElement, type IntegerTensor } from "../ir/index.js";
import { opHomes } from "../ops/index.js";
import { columnAxis } from "../ops/rows.js";
import { type Candidate, longestGroup, type Surroundings } from "./candidates.js";
import { tensorBytes } from "./liveness.js";
import { stripOverhead } from "./overhead.js";
import { largestSet } from "./placement.js";
import { aligned, type Strip } from "./plan.js";
import { makeRowGroup, type RowGroup } from "./row-group.js";
import { type Stage, stageOf } from "./stages.js";
import { layoutsOf, stripNode, stripOf } from "./strips.js";

/** Most strips tried. */
const mostStrips = 32;

/** Strips of every prefix of the nodes that do at most `mostRecomputed` operations again; none unless an input is external. */
export function stripCandidates(
  surroundings: Surroundings,
  stages: readonly (Stage | undefined)[],
  core: Core | undefined,
  mostRecomputed: number,
): Candidate[] {
  const { external } = surroundings.places;
  const [input] = external.size === 1 ? external : [];
  const found: Candidate[] = [];
  for (let end = 1; input && end <= Math.min(stages.length, longestGroup); end++) {
    const stage = stages[end - 1];
    if (!stage || stage.sums || !opHomes.get(stage.node.op)!.columns?.applies(stage.node)) break;
    const members = stages.slice(0, end) as Stage[];
    if (isPrefix(members, input, surroundings)) {
      found.push(...new Prefix(members, input, surroundings, core).candidates(mostRecomputed));
    }
  }
  return found;
}

/** Whether the last output is all that others read of these nodes, and nobody else reads the input. */
function isPrefix(stages: readonly Stage[], input: IntegerTensor, { graph, later }: Surroundings): boolean {
  const end = stages.length;
  const passed = stages.slice(0, -1).every(({ node }) => !later(node.output, end));
  return passed && graph.nodes.slice(end).every(({ inputs }) => !inputs.includes(input));
}

class Prefix {
  /** As if rows were whole: strips take the same steps, on fewer columns. Every stage has scratch. */
  readonly #group: RowGroup;
  readonly #output: IntegerTensor;
  readonly #macs: readonly number[];
  readonly #scratch = new Map<string, number>();

  constructor(
    readonly stages: readonly Stage[],
    input: IntegerTensor,
    surroundings: Surroundings,
    readonly core: Core | undefined,
  ) {
    this.#output = stages.at(-1)!.node.output;
    this.#macs = stages.map(({ node }) => opHomes.get(node.op)!.macs(node));
    this.#group = makeRowGroup(
      stages.map((stage) => ({ ...stage, scratchBytes: Math.max(1, stage.scratchBytes) })),
      (tensor) => surroundings.later(tensor, stages.length),
      new Set([input]),
    );
  }

  /** Those that no other beats in bytes and added instructions. */
  candidates(mostRecomputed: number): Candidate[] {
    const width = this.#output.shape[columnAxis]!;
    const found: Candidate[] = [];
    for (let count = 2; count <= Math.min(width, mostStrips); count++) {
      for (const layout of layoutsOf(width, count)) {
        const strips = layout.map((columns) => stripOf(this.stages, columns));
        if (strips.some((strip) => !strip)) continue;
        const recomputedMacs = this.#recomputed(strips as Strip[]);
        if (recomputedMacs <= mostRecomputed) found.push(this.#candidate(strips as Strip[], recomputedMacs));
      }
    }
    found.sort((a, b) => a.bytes - b.bytes || a.overhead - b.overhead);
    let least = Infinity;
    return found.filter(({ overhead }) => {
      const better = overhead < least;
      least = Math.min(least, overhead);
      return better;
    });
  }

  /** Operations of all strips beyond those of whole tensors. Columns cost the same each. */
  #recomputed(strips: readonly Strip[]): number {
    const again = this.stages.reduce((sum, { node: { output } }, i) => {
      const columns = strips.reduce((total, strip) => total + widthOf(strip, output), 0);
      return sum + this.#macs[i]! * (columns / output.shape[columnAxis]! - 1);
    }, 0);
    return Math.max(0, Math.round(again));
  }

  #candidate(strips: readonly Strip[], recomputedMacs: number): Candidate {
    const sizes = this.#group.inner.map((piece) =>
      "tensor" in piece
        ? this.#group.rows.get(piece.tensor.id)! * largest(strips, (strip) => rowBytesIn(strip, piece.tensor))
        : largest(strips, (strip) => this.#scratchBytes(piece.scratchOf, strip)),
    );
    const kept = [...sizes.keys()].filter((piece) => sizes[piece]! > 0);
    const inner = kept.map((piece) => ({ ...this.#group.inner[piece]!, bytes: sizes[piece]! }));
    const together = this.#group.together.map((set) => set.map((piece) => kept.indexOf(piece)).filter((i) => i >= 0));
    const used = this.#group.used.map((spans, set) =>
      spans.filter((_, k) => kept.includes(this.#group.together[set]![k]!)),
    );
    const group: RowGroup = { ...this.#group, stages: this.stages, inner, together, used, strips };
    const all = [aligned(tensorBytes(this.#output)), ...inner.map(({ bytes }) => aligned(bytes))];
    const sets = together.map((set) => [0, ...set.map((i) => i + 1)]);
    const { bytes } = largestSet({ sizes: all, together: sets, chases: [] });
    const overhead = stripOverhead(group, strips, this.#macs);
    return { first: 0, end: this.stages.length, bytes, overhead, recomputedMacs, group };
  }

  #scratchBytes(stage: number, strip: Strip): number {
    const { node, index } = this.stages[stage]!;
    const part = stripNode(node, strip);
    const key = [index, ...[...part.inputs, part.output].map(({ shape }) => shape[columnAxis])];
    const text = `${key} ${opHomes.get(part.op)!.print(part.attributes)}`;
    const known = this.#scratch.get(text);
    if (known !== undefined) return known;
    const { scratchBytes } = stageOf(part, index, this.core)!;
    this.#scratch.set(text, scratchBytes);
    return scratchBytes;
  }
}

const largest = (strips: readonly Strip[], of: (strip: Strip) => number) =>
  strips.reduce((most, strip) => Math.max(most, of(strip)), 0);

/** Columns that a strip has of a tensor. */
function widthOf(strip: Strip, { id }: IntegerTensor): number {
  const { first, end } = strip.get(id)!;
  return end - first;
}

/** Bytes of a strip's columns in one row. */
function rowBytesIn(strip: Strip, tensor: IntegerTensor): number {
  return widthOf(strip, tensor) * tensor.shape.at(-1)! * bytesPerElement(tensor.type);
}
