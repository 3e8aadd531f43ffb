/**
 * The IntegerGraph: integer tensors with proven ranges; no float and no scale survives here.
 * This is the form the interpreter defines and every back end must reproduce byte for byte.
 */
import type { IntegerType, Range, Shape } from "./types.js";

/** An activation tensor. Layout is row-major over `shape`; images are [1, height, width, channels]. */
export interface IntegerTensor {
  /** Position in `IntegerGraph.tensors`; names may repeat, ids never do. */
  readonly id: number;
  readonly name: string;
  readonly shape: Shape;
  readonly type: IntegerType;
  /** Proven reachable values per channel (last axis); one entry when all channels share it. */
  readonly ranges: readonly Range[];
}

/** One integer operation with one result. `attributes` belong to the op home named by `op`. */
export interface IntegerNode<Attributes = unknown> {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly IntegerTensor[];
  readonly output: IntegerTensor;
  readonly attributes: Attributes;
}

export interface IntegerGraph {
  readonly name: string;
  /** Name of the arithmetic family the constants were made for. */
  readonly numerics: string;
  readonly inputs: readonly IntegerTensor[];
  readonly outputs: readonly IntegerTensor[];
  readonly tensors: readonly IntegerTensor[];
  /** In execution order. */
  readonly nodes: readonly IntegerNode[];
}

/** The range of channel `channel` of a tensor. */
export function channelRange(tensor: IntegerTensor, channel: number): Range {
  const { ranges } = tensor;
  return ranges[ranges.length === 1 ? 0 : channel]!;
}
