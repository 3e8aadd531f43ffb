/** The steps a schedule can be made of: every node alone on whole tensors, and every run of nodes that can pass rows. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import { byRows, type Forms } from "./forms.js";
import type { InputPlaces } from "./input-places.js";
import { isWhole, type Life, livesOf, overwritten, sharesBytes, tensorBytes, unshared } from "./liveness.js";
import { leastOverhead, overheadOf } from "./overhead.js";
import { largestSet } from "./placement.js";
import { aligned } from "./plan.js";
import { makeRowGroup, type RowGroup } from "./row-group.js";
import { rowBytes, type Stage, stageOf } from "./stages.js";
import { stripCandidates } from "./strip-candidates.js";

/** Nodes first <= index < end as one step. */
export interface Candidate {
  readonly first: number;
  readonly end: number;
  /** Least bytes of the arena while it runs, all that others keep there included. */
  readonly bytes: number;
  /** Instructions that running by rows adds. */
  readonly overhead: number;
  /** Multiply-accumulate operations that strips do more than once. */
  readonly recomputedMacs: number;
  /** Undefined for one node on whole tensors. */
  readonly group?: RowGroup;
  /** Where all figures are only lower bounds: the steps that it stands for, if any. Simulates the rows, which takes its time. */
  readonly measure?: () => readonly Candidate[];
}

/** Longest run of nodes tried. */
export const longestGroup = 40;

/**
 * All steps, with what they need at least; strips among them do at most `mostRecomputed` operations again. Nodes that are by the
 * fastest of their `forms` may lose it by rows.
 */
export function candidatesOf(
  graph: IntegerGraph,
  places: InputPlaces,
  core?: Core,
  mostRecomputed = 0,
  forms?: Forms,
): Candidate[] {
  const surroundings = new Surroundings(graph, places);
  const stages = stagesOf(surroundings, core, forms);
  const found: Candidate[] = [];
  graph.nodes.forEach((node, first) => {
    if (!node.inputs.some((input) => places.streamed.has(input)))
      found.push(wholeNode(graph, first, surroundings, core));
    for (let end = first + 1; end <= Math.min(first + longestGroup, graph.nodes.length); end++) {
      const members = stages.slice(first, end);
      if (members.some((stage) => !stage)) break;
      if (surroundings.admits(first, end)) found.push(groupOf(members as Stage[], surroundings));
    }
  });
  return [...found, ...stripCandidates(surroundings, stages, core, mostRecomputed)];
}

/** The steps among them that are computed in strips. */
export function stripsOf(graph: IntegerGraph, places: InputPlaces, core?: Core, mostRecomputed = 0): Candidate[] {
  const surroundings = new Surroundings(graph, places);
  const found = stripCandidates(surroundings, stagesOf(surroundings, core), core, mostRecomputed);
  return found.flatMap(({ measure }) => measure!());
}

/** Every node as a stage; undefined for those that must be alone. */
function stagesOf({ graph, lives }: Surroundings, core?: Core, forms?: Forms): (Stage | undefined)[] {
  return graph.nodes.map((node, index) => {
    // What lies in place is whole.
    const stage = sharesBytes(node, lives) ? undefined : stageOf(node, index, core);
    return stage && { ...stage, lost: byRows(forms?.get(node.output) ?? [], 0) };
  });
}

/** Every node alone on whole tensors. */
export function wholeNodes(graph: IntegerGraph, places: InputPlaces, core?: Core): Candidate[] {
  const surroundings = new Surroundings(graph, places);
  return graph.nodes.map((_, index) => wholeNode(graph, index, surroundings, core));
}

/** What lives besides a step. */
export class Surroundings {
  readonly lives: ReadonlyMap<IntegerTensor, Life>;
  /** Inputs that are taken in row by row, by the first step. */
  readonly streamed: ReadonlySet<IntegerTensor>;
  readonly #unique: readonly Life[];

  constructor(
    readonly graph: IntegerGraph,
    readonly places: InputPlaces,
  ) {
    const { streamed, external } = places;
    this.streamed = streamed;
    this.lives = livesOf(graph, places);
    const absent = (tensor: IntegerTensor) => streamed.has(tensor) || external.has(tensor);
    this.#unique = [...new Set(this.lives.values())].filter(({ tensor }) => !absent(tensor));
  }

  /** Bytes that lie in the arena before and after nodes first <= index < end. */
  kept(first: number, end: number): number {
    return this.#unique.reduce(
      (sum, { tensor, start, end: last }) => sum + (start < first && last >= end ? aligned(tensorBytes(tensor)) : 0),
      0,
    );
  }

  /** Bytes of tensors that lie whole in the arena, and of those they are parts of; not of what begins before node `first`. */
  wholeBytes(tensors: Iterable<IntegerTensor>, first = -1): number {
    const lives = new Set([...tensors].map((tensor) => this.lives.get(tensor)!));
    return [...lives].reduce((sum, { tensor, start }) => sum + (start < first ? 0 : aligned(tensorBytes(tensor))), 0);
  }

  /** Whether a tensor is read behind node `end`, or is an output. */
  readonly later = (tensor: IntegerTensor, end: number): boolean => {
    const life = this.lives.get(tensor)!;
    return life.end >= end || life.end === life.start;
  };

  /** Whether these nodes may be one step: a streamed input passes through the first step alone. */
  admits(first: number, end: number): boolean {
    const reads = [...this.streamed].some((input) =>
      this.graph.nodes.slice(first, end).some(({ inputs }) => inputs.includes(input)),
    );
    return !reads || (first === 0 && [...this.streamed].every((input) => this.lives.get(input)!.end < end));
  }
}

function wholeNode(graph: IntegerGraph, index: number, surroundings: Surroundings, core: Core | undefined): Candidate {
  const node = graph.nodes[index]!;
  let bytes = surroundings.kept(index, index);
  if (!overwritten(node, index, surroundings.lives)) bytes += surroundings.wholeBytes([node.output], index);
  bytes += aligned(opHomes.get(node.op)!.scratchBytes?.(node, core) ?? 0);
  return { first: index, end: index + 1, bytes, overhead: 0, recomputedMacs: 0 };
}

function groupOf(stages: readonly Stage[], surroundings: Surroundings): Candidate {
  const first = stages[0]!.index;
  const end = first + stages.length;
  return {
    first,
    end,
    bytes: surroundings.kept(first, end) + leastBytes(stages, end, surroundings),
    overhead: leastOverhead(stages),
    recomputedMacs: 0,
    measure: () => {
      const overwriting = measured(stages, surroundings, true);
      if (overwriting.group!.overlays.size === 0) return [overwriting];
      // Rows that overwrite others begin before them, which takes bytes too.
      return [overwriting, measured(stages, surroundings, false)].sort((a, b) => a.bytes - b.bytes);
    },
  };
}

/** Bytes that a group needs however it holds its rows: its inputs, or its outputs and what its hungriest stage needs at once. */
function leastBytes(stages: readonly Stage[], end: number, surroundings: Surroundings): number {
  const made = new Set(stages.map(({ node }) => node.output));
  const read = new Set(stages.flatMap(({ node }) => node.inputs));
  const inputs = [...read].filter(
    (tensor) => !made.has(tensor) && !surroundings.streamed.has(tensor) && surroundings.lives.get(tensor)!.end < end,
  );
  const outputs = [...made].filter((tensor) => surroundings.later(tensor, end));
  const passed = (tensor: IntegerTensor) => made.has(tensor) && !outputs.includes(tensor);
  const atOnce = stages.map(({ node, mostNeeded, scratchBytes, overwrites }) => {
    const images = node.inputs.map((input, i) => (passed(input) ? mostNeeded[i]! * rowBytes(input) : 0));
    return Math.max(...images) + (passed(node.output) && !overwrites ? rowBytes(node.output) : 0) + scratchBytes;
  });
  return Math.max(
    surroundings.wholeBytes(inputs),
    surroundings.wholeBytes(outputs, stages[0]!.index) + Math.max(...atOnce),
  );
}

function measured(stages: readonly Stage[], surroundings: Surroundings, overwriting: boolean): Candidate {
  const { lives, streamed } = surroundings;
  const first = stages[0]!.index;
  const end = first + stages.length;
  const group = makeRowGroup(stages, (tensor) => surroundings.later(tensor, end), streamed, overwriting);
  const dying = group.inputs.filter((input) => lives.get(input)!.end < end);
  const inputs = unshared(group.inputs, lives).filter((input) => dying.includes(input));
  const outputs = group.outputs.filter((output) => isWhole(lives.get(output)!, output));
  const sizes = [...inputs, ...outputs].map((tensor) => aligned(tensorBytes(tensor)));
  sizes.push(...group.inner.map(({ bytes }) => aligned(bytes)));
  const chasers = [...outputs, ...group.inner.keys()];
  const chases = chasers.flatMap((chaser, c) =>
    inputs.map((input, i) => ({
      input: i,
      output: inputs.length + c,
      distance: Math.max(0, aligned(group.distance(input, chaser))),
    })),
  );
  const whole = [...inputs, ...outputs].map((_, i) => i);
  const together = group.together.map((set) => [...whole, ...set.map((i) => whole.length + i)]);
  const others = (all: readonly IntegerTensor[], some: readonly IntegerTensor[]) =>
    all.filter((tensor) => !some.includes(tensor));
  const bytes =
    surroundings.kept(first, end) +
    surroundings.wholeBytes(others(dying, inputs)) +
    surroundings.wholeBytes(others(group.outputs, outputs), first) +
    largestSet({ sizes, together, chases }).bytes;
  return { first, end, bytes, overhead: overheadOf(group), recomputedMacs: 0, group };
}
