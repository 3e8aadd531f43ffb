/** The Plan: in which steps the graph runs, and a byte offset in one arena for everything that lives. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerTensor } from "../ir/index.js";
import type { Span } from "../ops/rows.js";
import type { Slot } from "./overlays.js";

export interface Plan {
  readonly graph: IntegerGraph;
  /** Whose kernels have room for their scratch; any core's when undefined. */
  readonly core: Core | undefined;
  /** In execution order; every node is in one of them. */
  readonly steps: readonly Step[];
  /** Size of the one arena; inputs, outputs and scratch live in it. */
  readonly arenaBytes: number;
  /** Byte offset of each tensor in the arena, by tensor id. Aliases (reshape) share their source's offset. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Tensors in memory of the caller's, by id: an input that is read where it lies, and its aliases. */
  readonly external: ReadonlySet<number>;
  /** Tensors of which only some rows exist at a time: how many, by tensor id. The first of them is at the tensor's offset. */
  readonly rows: ReadonlyMap<number, number>;
  /** Tensors whose one row lies among the rows of another, by id: see `over` of the events that make one. */
  readonly overlays: ReadonlyMap<number, Overlay>;
  /** Byte offset of a node's scratch buffer, by index in `graph.nodes`; absent when it needs none. */
  readonly scratch: ReadonlyMap<number, number>;
  /** No placement of these steps is smaller: `arenaBytes` is the optimum where it equals this. */
  readonly lowerBound: number;
  /** Instructions that running by rows is expected to add to one inference. */
  readonly overhead: number;
  /** Multiply-accumulate operations of one inference that are done more than once, because strips overlap. */
  readonly recomputedMacs: number;
  /** The step and tensors that need the most memory, for "does not fit" messages. */
  readonly peak: { readonly node: string; readonly tensors: readonly IntegerTensor[] };
  /** What is alive when, for memory maps. */
  readonly pieces: readonly PlacedPiece[];
  /** Where constants lie; undefined when they all lie where the linker puts constants. */
  readonly weights?: WeightPlacement | undefined;
}

/** Constants by memory. */
export interface WeightPlacement {
  /** The linker's section of every constant array that has one, by its C name. */
  readonly sections: ReadonlyMap<string, string>;
  /** What is copied into the arena for a step, while the step before it runs; by step. */
  readonly fetches: ReadonlyMap<number, readonly Fetch[]>;
}

/** A constant array that is copied from slow memory to `offset` in the arena. */
export interface Fetch {
  readonly array: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface Overlay {
  /** Whose rows are overwritten, by id. */
  readonly under: number;
  /** How many bytes before a row that may still be read. */
  readonly lead: number;
}

/** One node on whole tensors, or consecutive nodes that pass rows to one another. */
export type Step = NodeStep | RowStep;

export interface NodeStep {
  readonly kind: "node";
  /** Index in `graph.nodes`. */
  readonly node: number;
}

export interface RowStep {
  readonly kind: "rows";
  /** Indices in `graph.nodes`, ascending. */
  readonly nodes: readonly number[];
  readonly events: readonly RowEvent[];
  /** The columns that the events are run through for, one strip after the other; undefined for all columns at once. */
  readonly strips?: readonly Strip[] | undefined;
}

/** Columns that a strip has of each tensor, by tensor id. Tensors that outlive the step are put together from all strips. */
export type Strip = ReadonlyMap<number, Span>;

/** A node computes one row of its output, or, where it sums all rows into one, takes in one row. */
export interface ComputeEvent {
  readonly kind: "compute";
  readonly node: number;
  readonly row: number;
  /** Where the output is an overlay: which of the places of held rows it takes. */
  readonly over?: Slot | undefined;
}

/** The rows held of a tensor move towards its offset: `dropped` rows leave, the `kept` rows after them stay. */
export interface SlideEvent {
  readonly kind: "slide";
  readonly tensor: IntegerTensor;
  readonly dropped: number;
  readonly kept: number;
}

/** The caller hands over the next row of an input; in a strip, its columns are copied from where the input lies. */
export interface AcceptEvent {
  readonly kind: "accept";
  readonly tensor: IntegerTensor;
  readonly row: number;
}

export type RowEvent = ComputeEvent | SlideEvent | AcceptEvent;

/** Bytes of the arena with the steps during which they are taken. */
export interface PlacedPiece {
  readonly name: string;
  /** A tensor; some rows of one at a time; what a kernel works in; constants copied from slow memory. */
  readonly kind: "tensor" | "rows" | "scratch" | "weights";
  readonly offset: number;
  readonly bytes: number;
  /** First and last step; inputs start at -1, outputs end at the number of steps. */
  readonly start: number;
  readonly end: number;
}

/** Whether the caller hands over the input row by row. */
export function streamsInput({ graph, rows, external }: Plan): boolean {
  return graph.inputs.some(({ id }) => rows.has(id) && !external.has(id));
}

/** Offsets are multiples of this; the caller's arena must be aligned to it. */
export const arenaAlignment = 8;

/** Rounds bytes up to the arena's alignment. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / arenaAlignment) * arenaAlignment;
}
