/**
 * Consecutive nodes that pass rows, as measured by running through their order: how many rows of every tensor are held, and
 * how far an output must start before an input that it chases.
 */
import type { IntegerTensor } from "../ir/index.js";
import { columnAxis, type Span } from "../ops/rows.js";
import { leadOf, overlaysOf, type Slot } from "./overlays.js";
import type { Extent } from "./placement.js";
import { aligned, arenaAlignment, type Overlay, type RowEvent, type Strip } from "./plan.js";
import { type Entry, Flow, lateOrder, Progress } from "./row-order.js";
import type { Stage } from "./stages.js";

/** What lives only while the group runs: the held rows of a tensor, behind `lead` bytes for rows that overwrite them, or the scratch of a node. */
export type Inner = { readonly tensor: IntegerTensor; readonly lead: number } | { readonly scratchOf: number };

export interface RowGroup {
  readonly stages: readonly Stage[];
  /** Tensors read whole, and tensors that others read later. */
  readonly inputs: readonly IntegerTensor[];
  readonly outputs: readonly IntegerTensor[];
  readonly events: readonly RowEvent[];
  readonly inner: readonly (Inner & { readonly bytes: number })[];
  /** Rows held, by tensor id. */
  readonly rows: ReadonlyMap<number, number>;
  /** Tensors that have their row among those of another, by id. */
  readonly overlays: ReadonlyMap<number, Overlay>;
  /** Columns of its strips; undefined where rows are whole. */
  readonly strips?: readonly Strip[];
  /** Distinct sets of `inner` indices that live at one event. */
  readonly together: readonly (readonly number[])[];
  /**
   * Of each piece of each set, the rows of its place that are read, written or kept meanwhile, from -1 on where one begins before
   * them; scratch is one row.
   */
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
    const lead = "tensor" in piece ? piece.lead : 0;
    const row = (piece.bytes - lead) / held;
    const from = first < 0 ? 0 : lead + first * row * narrowest;
    return { from: Math.floor(from / arenaAlignment) * arenaAlignment, to: aligned(lead + end * row) };
  });
}

/**
 * Simulates a group, with rows that overwrite others wherever they can, if wanted. `later` tells tensors that are read after it or
 * are outputs; `streamed` arrive row by row.
 */
export function makeRowGroup(
  stages: readonly Stage[],
  later: (tensor: IntegerTensor) => boolean,
  streamed: ReadonlySet<IntegerTensor>,
  overwriting: boolean,
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
  const { overlays, slots } = overwriting ? overlaysOf(flow, order, held) : noOverlays;
  const leads = new Map([...overlays].map(([over, under]) => [under, leadBytes(flow, over, under)]));
  const inner = innerOf(flow, passed, held, overlays, leads);
  const { distances, ...measured } = replay(flow, order, inputs, held, inner, overlays, slots);
  const numberOf = new Map(flow.tensors.map((tensor, index) => [tensor, index]));
  return {
    stages,
    inputs: inputs.map((tensor) => flow.tensors[tensor]!),
    outputs: outputs.map((tensor) => flow.tensors[tensor]!),
    ...measured,
    inner: inner.map(({ tensor, stage, bytes }) =>
      tensor === undefined
        ? { scratchOf: stages[stage!]!.index, bytes }
        : { tensor: flow.tensors[tensor]!, lead: leads.get(tensor) ?? 0, bytes },
    ),
    overlays: new Map(
      [...overlays].map(([over, under]) => [
        flow.tensors[over]!.id,
        { under: flow.tensors[under]!.id, lead: leads.get(under)! },
      ]),
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

const noOverlays = { overlays: new Map<number, number>(), slots: new Map<Entry, Slot>() };

interface Piece {
  readonly tensor?: number;
  readonly stage?: number;
  readonly bytes: number;
}

function innerOf(
  flow: Flow,
  passed: readonly number[],
  held: readonly number[],
  overlays: ReadonlyMap<number, number>,
  leads: ReadonlyMap<number, number>,
): Piece[] {
  const own = passed.filter((tensor) => !overlays.has(tensor));
  const rows = own.map((tensor) => ({
    tensor,
    bytes: (leads.get(tensor) ?? 0) + held[tensor]! * flow.rowBytes[tensor]!,
  }));
  const scratch = flow.stages.flatMap(({ scratchBytes: bytes }, stage) => (bytes > 0 ? [{ stage, bytes }] : []));
  return [...rows, ...scratch];
}

/** Bytes before a row of `under` at which rows begin that overwrite it. */
function leadBytes(flow: Flow, over: number, under: number): number {
  const node = flow.stages[flow.outputs.indexOf(over)]!.node;
  const whole = ({ shape }: IntegerTensor): Span => ({ first: 0, end: shape[columnAxis]! });
  const lead = leadOf(node, whole(flow.tensors[over]!), whole(flow.tensors[under]!));
  return (lead * flow.rowBytes[over]!) / flow.tensors[over]!.shape[columnAxis]!;
}

/** Runs through an order and measures it. `distances` has a row per input, and a column per piece and then per tensor. */
function replay(
  flow: Flow,
  order: readonly Entry[],
  inputs: readonly number[],
  held: readonly number[],
  inner: readonly Piece[],
  overlays: ReadonlyMap<number, number>,
  slots: ReadonlyMap<Entry, Slot>,
): Pick<RowGroup, "events" | "together" | "used"> & { distances: number[][] } {
  const events: RowEvent[] = [];
  const starts = flow.tensors.map(() => 0);
  const distances = inputs.map(() => new Array<number>(inner.length + flow.tensors.length).fill(-Infinity));
  const progress = new Progress(flow);
  const alive = new AliveSets(inner.length);
  const placeOf = flow.tensors.map((_, tensor) => inner.findIndex((piece) => piece.tensor === tensor));
  /** The row among those of each tensor that belongs to another. */
  const laid = new Map<number, { readonly over: number; readonly slot: Slot }>();
  const exists = (tensor: number) => progress.made[tensor]! > progress.lowest[tensor]!;
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
    else {
      const over = slots.get(entry);
      events.push({ kind: "compute", node: flow.stages[stage]!.index, row: step, ...(over && { over }) });
      if (over) laid.set(overlays.get(output!)!, { over: output!, slot: over });
    }
    const scratch = stage === undefined ? -1 : scratchOf[stage]!;
    if (scratch >= 0) alive.set(scratch, true);
    if (output !== undefined && placeOf[output]! >= 0) alive.set(placeOf[output]!, true);
    const used = (piece: number): Span => {
      const { tensor } = inner[piece]!;
      if (tensor === undefined || held[tensor] === 1) return { first: 0, end: 1 };
      if (tensor === output && slides) return { first: 0, end: held[tensor]! };
      const [made, start] = [progress.made[tensor]!, starts[tensor]!];
      const first = Math.max(Math.min(progress.lowest[tensor]!, made) - start, 0);
      const end = made - start + (tensor === output ? 1 : 0);
      const other = laid.get(tensor);
      const shared = other && (other.over === output || exists(other.over));
      if (!shared) return { first, end };
      const { row, early } = other.slot;
      return { first: early ? -1 : Math.min(first, row), end: Math.max(end, row + 1) };
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
    for (const each of touched) {
      const tensor = overlays.get(each) ?? each;
      const other = laid.get(tensor)?.over;
      const kept = exists(tensor) || (other !== undefined && exists(other));
      if (placeOf[tensor]! >= 0) alive.set(placeOf[tensor]!, kept);
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
