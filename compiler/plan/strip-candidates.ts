/** Steps that compute nodes in strips of columns, each row by row, from a tensor that can be read again. */
import type { Core } from "../../targets/core.js";
import { bytesPerElement, type IntegerTensor } from "../ir/index.js";
import { opHomes } from "../ops/index.js";
import { columnAxis } from "../ops/rows.js";
import { type Candidate, longestGroup, type Surroundings } from "./candidates.js";
import { leastOverhead, stripOverhead } from "./overhead.js";
import { leadOf } from "./overlays.js";
import { largestSet } from "./placement.js";
import { aligned, type Strip } from "./plan.js";
import { makeRowGroup, type RowGroup } from "./row-group.js";
import { type Stage, stageOf } from "./stages.js";
import { layoutsOf, stripNode, stripOf } from "./strips.js";

/** Most strips tried. */
const mostStrips = 32;

/**
 * Strips of every run of nodes that makes one tensor of another and can be cut, at most `mostRecomputed` operations of which
 * are done again. The tensor is an external input, columns of which are copied row by row, or lies in the arena, where it must
 * be read one row at a time: other kernels see rows without gaps.
 */
export function stripCandidates(
  surroundings: Surroundings,
  stages: readonly (Stage | undefined)[],
  core: Core | undefined,
  mostRecomputed: number,
): Candidate[] {
  const found: Candidate[] = [];
  for (const first of stages.keys()) {
    for (let end = first + 1; end <= Math.min(stages.length, first + longestGroup); end++) {
      const stage = stages[end - 1];
      if (!stage || stage.sums || !opHomes.get(stage.node.op)!.columns?.applies(stage.node)) break;
      const members = stages.slice(first, end) as Stage[];
      const source = sourceOf(members, surroundings);
      if (!source || (mostRecomputed === 0 && !surroundings.places.external.has(source))) continue;
      const overhead = leastOverhead(members);
      const bytes = bytesAround(members, source, surroundings);
      const measure = () => new Strips(members, source, surroundings, core).candidates(mostRecomputed);
      found.push({ first, end, bytes, overhead, recomputedMacs: 0, measure });
    }
  }
  return found;
}

/** The tensor that all stages are computed from; undefined unless there is one that strips can read, and nothing but the last output is read later. */
function sourceOf(stages: readonly Stage[], { graph, later, places, lives }: Surroundings): IntegerTensor | undefined {
  const end = stages.at(-1)!.index + 1;
  const made = new Set(stages.map(({ node }) => node.output));
  const read = new Set(stages.flatMap(({ node }) => node.inputs));
  const [source, ...others] = [...read].filter((tensor) => !made.has(tensor));
  if (!source || others.length > 0 || places.streamed.has(source)) return undefined;
  if (stages.slice(0, -1).some(({ node }) => later(node.output, end))) return undefined;
  if (places.external.has(source)) {
    return graph.nodes.slice(end).some(({ inputs }) => inputs.includes(source)) ? undefined : source;
  }
  const single = stages.every(({ node, mostNeeded }) =>
    node.inputs.every((input, i) => input !== source || mostNeeded[i] === 1),
  );
  return single && !places.external.has(lives.get(source)!.tensor) ? source : undefined;
}

/** Bytes that lie in the arena besides what lives only within the step. */
function bytesAround(stages: readonly Stage[], source: IntegerTensor, surroundings: Surroundings): number {
  const [first, end] = [stages[0]!.index, stages.at(-1)!.index + 1];
  const { lives, places } = surroundings;
  const read = places.external.has(source) || lives.get(source)!.end >= end ? [] : [source];
  return (
    surroundings.kept(first, end) +
    surroundings.wholeBytes(read) +
    surroundings.wholeBytes([stages.at(-1)!.node.output], first)
  );
}

/** The strips of a run of nodes. */
class Strips {
  /** As if rows were whole: strips take the same steps, on fewer columns. Every stage has scratch. */
  readonly #group: RowGroup;
  readonly #output: IntegerTensor;
  readonly #macs: readonly number[];
  readonly #scratch = new Map<string, number>();
  readonly #around: number;

  constructor(
    readonly stages: readonly Stage[],
    source: IntegerTensor,
    surroundings: Surroundings,
    readonly core: Core | undefined,
  ) {
    this.#output = stages.at(-1)!.node.output;
    this.#macs = stages.map(({ node }) => opHomes.get(node.op)!.macs(node));
    this.#around = bytesAround(stages, source, surroundings);
    const group = makeRowGroup(
      stages.map((stage) => ({ ...stage, scratchBytes: Math.max(1, stage.scratchBytes) })),
      (tensor) => surroundings.later(tensor, stages.at(-1)!.index + 1),
      new Set(surroundings.places.external.has(source) ? [source] : []),
      true,
    );
    // The next strip reads the source again.
    this.#group = { ...group, distance: () => Infinity };
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
    const overlays = new Map(
      [...this.#group.overlays].map(([id, { under }]) => [id, { under, lead: this.#lead(id, under, strips) }]),
    );
    const leads = new Map([...overlays.values()].map(({ under, lead }) => [under, lead]));
    const pieces = this.#group.inner.map((piece) => {
      if ("scratchOf" in piece) {
        return { ...piece, bytes: largest(strips, (strip) => this.#scratchBytes(piece.scratchOf, strip)) };
      }
      const { tensor } = piece;
      const lead = leads.get(tensor.id) ?? 0;
      const row = largest(strips, (strip) => rowBytesIn(strip, tensor));
      return { tensor, lead, bytes: lead + this.#group.rows.get(tensor.id)! * row };
    });
    const kept = [...pieces.keys()].filter((piece) => pieces[piece]!.bytes > 0);
    const inner = kept.map((piece) => pieces[piece]!);
    const together = this.#group.together.map((set) => set.map((piece) => kept.indexOf(piece)).filter((i) => i >= 0));
    const used = this.#group.used.map((spans, set) =>
      spans.filter((_, k) => kept.includes(this.#group.together[set]![k]!)),
    );
    const group: RowGroup = { ...this.#group, stages: this.stages, inner, overlays, together, used, strips };
    const all = inner.map(({ bytes }) => aligned(bytes));
    const bytes = this.#around + largestSet({ sizes: all, together, chases: [] }).bytes;
    const overhead = stripOverhead(group, strips, this.#macs);
    const first = this.stages[0]!.index;
    return { first, end: first + this.stages.length, bytes, overhead, recomputedMacs, group };
  }

  /** Bytes before a row of `under` at which rows begin that overwrite it, in any strip. */
  #lead(over: number, under: number, strips: readonly Strip[]): number {
    const { node } = this.stages.find(({ node }) => node.output.id === over)!;
    const pixels = largest(strips, (strip) => leadOf(node, strip.get(over)!, strip.get(under)!));
    return pixels * node.output.shape.at(-1)! * bytesPerElement(node.output.type);
  }

  #scratchBytes(index: number, strip: Strip): number {
    const { node } = this.stages[index - this.stages[0]!.index]!;
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
