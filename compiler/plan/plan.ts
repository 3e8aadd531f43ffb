/** The Plan: execution order and a byte offset in one arena for every activation tensor. */
import type { IntegerGraph, IntegerTensor } from "../ir/index.js";

export interface Plan {
  readonly graph: IntegerGraph;
  /** Size of the one arena; inputs, outputs and scratch live in it. */
  readonly arenaBytes: number;
  /** Byte offset of each tensor in the arena, by tensor id. Aliases (reshape) share their source's offset. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Byte offset of a node's scratch buffer, by index in `graph.nodes`; absent when it needs none. */
  readonly scratch: ReadonlyMap<number, number>;
  /** The largest sum of bytes alive at one step: no placement can be smaller. */
  readonly lowerBound: number;
  /** The step and tensors that reach `lowerBound`, for "does not fit" messages. */
  readonly peak: { readonly node: string; readonly tensors: readonly IntegerTensor[] };
}

/** Offsets are multiples of this; the caller's arena must be aligned to it. */
export const arenaAlignment = 8;
