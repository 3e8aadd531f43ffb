/**
 * Consecutive nodes that pass rows, as measured by running through their order: how many rows of every tensor are held, and
 * how far an output must start before an input that it chases.
 */
import type { IntegerTensor } from "../ir/index.js";
import type { Span } from "../ops/rows.js";
import type { Extent } from "./placement.js";
import { aligned, arenaAlignment, type RowEvent, type Strip } from "./plan.js";
import { type Entry, Flow, lateOrder, Progress } from "./row-order.js";
import type { Stage } from "./stages.js";

/** What lives only while the group runs: the held rows of a tensor, or the scratch of a node. */
export type Inner = { readonly tensor: IntegerTensor } | { readonly scratchOf: number };

export interface RowGroup {
  readonly stages: readonly Stage[];
  /** Tensors read whole, and tensors that others read later. */
  readonly inputs: readonly IntegerTensor[];
  readonly outputs: readonly IntegerTensor[];
  readonly events: readonly RowEvent[];
  readonly inner: readonly (Inner & { readonly bytes: number })[];
  /** Rows held, by tensor id. */
  readonly rows: ReadonlyMap<number, number>;
  /** Columns of its strips; undefined where rows are whole. */
  readonly strips?: readonly Strip[];
  /** Distinct sets of `inner` indices that live at one event. */
  readonly together: readonly (readonly number[])[];
  /** Of each piece of each set, the rows of its place that are read, written or kept meanwhile; scratch is one row. */
  readonly used: readonly (readonly Span[])[];
  /** Least distance at which an output, or an inner piece by its index, may start before `input`. */
  distance(input: IntegerTensor, chaser: IntegerTensor | number): number;
}

/** Bytes of each piece of a set that are in use, in whole units of the arena. Narrower strips have their rows closer together. */
export function extentsOf({ together, used, inner, rows, strips }: RowGroup, set: number): Extent[] {
  return together[set]!.map((index, k) => {
    const piece = inner[index]!;
    const { first, end } = used[set]![k]!;
    const held = "tensor" in piece ? rows.get(piece.tensor.id)! : 1;
    const widths = ("tensor" in piece && strips?.map((strip) => strip.get(piece.tensor.id)!)) || [];
    const columns = widths.map((span) => span.end - span.first);
    const narrowest = columns.length > 0 ? Math.min(...columns) / Math.max(...columns) : 1;
    const from = (first * piece.bytes * narrowest) / held;
    return { from: Math.floor(from / arenaAlignment) * arenaAlignment, to: aligned((end * piece.bytes) / held) };
  });
}

/** Simulates a group. `later` tells tensors that are read after it or are outputs; `streamed` arrive row by row. */
export function makeRowGroup(
  stages: readonly Stage[],
  later: (tensor: IntegerTensor) => boolean,
  streamed: ReadonlySet<IntegerTensor>,
): RowGroup {
  const flow = new Flow(stages);
  const made = new Set(flow.outputs);
  const numbers = flow.tensors.map((_, tensor) => tensor);
  const accepted = numbers.filter((tensor) => streamed.has(flow.tensors[tensor]!));
  const inputs = numbers.filter((tensor) => !made.has(tensor) && !streamed.has(flow.tensors[tensor]!));
  const outputs = flow.outputs.filter((tensor) => later(flow.tensors[tensor]!));
  const passed = [...flow.outputs.filter((tensor) => !later(flow.tensors[tensor]!)), ...accepted];
  const order = lateOrder(flow, accepted);
  const held = heldRows(flow, order, passed);
  const inner = innerOf(flow, passed, held);
  const { distances, ...measured } = replay(flow, order, inputs, held, inner);
  const numberOf = new Map(flow.tensors.map((tensor, index) => [tensor, index]));
  return {
    stages,
    inputs: inputs.map((tensor) => flow.tensors[tensor]!),
    outputs: outputs.map((tensor) => flow.tensors[tensor]!),
    ...measured,
    inner: inner.map(({ tensor, stage, bytes }) =>
      tensor === undefined ? { scratchOf: stages[stage!]!.index, bytes } : { tensor: flow.tensors[tensor]!, bytes },
    ),
    rows: new Map(passed.map((tensor) => [flow.tensors[tensor]!.id, held[tensor]!])),
    distance: (input, chaser) => {
      const column = typeof chaser === "number" ? chaser : inner.length + numberOf.get(chaser)!;
      return distances[inputs.indexOf(numberOf.get(input)!)]![column]!;
    },
  };
}

/** Most rows held at once of each tensor that is passed; 0 for others. */
function heldRows(flow: Flow, order: readonly Entry[], passed: readonly number[]): number[] {
  const held = flow.tensors.map((_, tensor) => Number(passed.includes(tensor)));
  const progress = new Progress(flow);
  for (const entry of order) {
    const { output } = entry;
    if (output !== undefined && held[output]! > 0) {
      held[output] = Math.max(held[output]!, progress.made[output]! + 1 - progress.lowest[output]!);
    }
    progress.pass(entry);
  }
  return held;
}

interface Piece {
  readonly tensor?: number;
  readonly stage?: number;
  readonly bytes: number;
}

function innerOf(flow: Flow, passed: readonly number[], held: readonly number[]): Piece[] {
  const rows = passed.map((tensor) => ({ tensor, bytes: held[tensor]! * flow.rowBytes[tensor]! }));
  const scratch = flow.stages.flatMap(({ scratchBytes: bytes }, stage) => (bytes > 0 ? [{ stage, bytes }] : []));
  return [...rows, ...scratch];
}

/** Runs through an order and measures it. `distances` has a row per input, and a column per piece and then per tensor. */
function replay(
  flow: Flow,
  order: readonly Entry[],
  inputs: readonly number[],
  held: readonly number[],
  inner: readonly Piece[],
): Pick<RowGroup, "events" | "together" | "used"> & { distances: number[][] } {
  const events: RowEvent[] = [];
  const starts = flow.tensors.map(() => 0);
  const distances = inputs.map(() => new Array<number>(inner.length + flow.tensors.length).fill(-Infinity));
  const progress = new Progress(flow);
  const alive = new AliveSets(inner.length);
  const placeOf = flow.tensors.map((_, tensor) => inner.findIndex((piece) => piece.tensor === tensor));
  const scratchOf = flow.stages.map((_, stage) => inner.findIndex((piece) => piece.stage === stage));
  for (const entry of order) {
    const { stage, step, output } = entry;
    const slides =
      output !== undefined && held[output]! > 1 && progress.made[output]! - starts[output]! === held[output];
    if (slides) {
      const [row, first] = [progress.made[output]!, Math.min(progress.lowest[output]!, progress.made[output]!)];
      const tensor = flow.tensors[output]!;
      events.push({ kind: "slide", tensor, dropped: first - starts[output]!, kept: row - first });
      starts[output] = first;
    }
    if (stage === undefined) events.push({ kind: "accept", tensor: flow.tensors[output!]!, row: step });
    else events.push({ kind: "compute", node: flow.stages[stage]!.index, row: step });
    const scratch = stage === undefined ? -1 : scratchOf[stage]!;
    if (scratch >= 0) alive.set(scratch, true);
    if (output !== undefined && placeOf[output]! >= 0) alive.set(placeOf[output]!, true);
    const used = (piece: number): Span => {
      const { tensor } = inner[piece]!;
      if (tensor === undefined || held[tensor] === 1) return { first: 0, end: 1 };
      if (tensor === output && slides) return { first: 0, end: held[tensor]! };
      const [made, start] = [progress.made[tensor]!, starts[tensor]!];
      const first = Math.min(progress.lowest[tensor]!, made) - start;
      return { first: Math.max(first, 0), end: made - start + (tensor === output ? 1 : 0) };
    };
    for (const piece of alive.record(used)) {
      // What the input has behind it at a piece's first use, it has for good.
      inputs.forEach((input, i) => {
        distances[i]![piece] = inner[piece]!.bytes - progress.lowest[input]! * flow.rowBytes[input]!;
      });
    }
    if (output !== undefined && held[output] === 0) {
      const [column, written] = [inner.length + output, (progress.made[output]! + 1) * flow.rowBytes[output]!];
      inputs.forEach((input, i) => {
        const distance = written - progress.lowest[input]! * flow.rowBytes[input]!;
        distances[i]![column] = Math.max(distances[i]![column]!, distance);
      });
    }
    progress.pass(entry);
    const touched = stage === undefined ? [] : [...flow.inputs[stage]!];
    if (output !== undefined) touched.push(output);
    for (const tensor of touched) {
      if (placeOf[tensor]! >= 0) alive.set(placeOf[tensor]!, progress.made[tensor]! > progress.lowest[tensor]!);
    }
    // Sums live from the first step to the last.
    if (scratch >= 0 && !(flow.stages[stage!]!.sums && progress.next[stage!]! < flow.stages[stage!]!.steps)) {
      alive.set(scratch, false);
    }
  }
  return { events, together: alive.sets, used: alive.spans, distances };
}

/** Which pieces live at each event. */
class AliveSets {
  /** Each once with the same spans. */
  readonly sets: number[][] = [];
  readonly spans: Span[][] = [];
  readonly #alive: boolean[];
  readonly #used: boolean[];
  /** The pieces alive as bits: the key of a set. */
  readonly #words: Int32Array;
  readonly #seen = new Set<string>();

  constructor(pieces: number) {
    this.#alive = new Array<boolean>(pieces).fill(false);
    this.#used = [...this.#alive];
    this.#words = new Int32Array(Math.ceil(pieces / 32));
  }

  set(piece: number, alive: boolean): void {
    if (this.#alive[piece] !== alive) this.#words[piece >> 5]! ^= 1 << (piece & 31);
    this.#alive[piece] = alive;
  }

  /** Takes note of the set; gives the pieces that were in none before. */
  record(used: (piece: number) => Span): number[] {
    const set = this.#alive.flatMap((alive, piece) => (alive ? [piece] : []));
    const spans = set.map(used);
    const key = `${this.#words.join()}:${spans.map(({ first, end }) => `${first}-${end}`)}`;
    if (this.#seen.has(key)) return [];
    this.#seen.add(key);
    this.spans.push(spans);
    const begun = set.filter((piece) => !this.#used[piece]);
    for (const piece of begun) this.#used[piece] = true;
    this.sets.push(set);
    return begun;
  }
}
