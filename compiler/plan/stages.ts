/** Nodes of a row group as stages: each step needs some rows of the inputs, and gives a row of the output. */
import type { Core } from "../../targets/core.js";
import { bytesPerElement, elementCount, type IntegerNode, type IntegerTensor } from "../ir/index.js";
import { opHomes } from "../ops/index.js";
import { imageRows, rowsOf, type Span } from "../ops/rows.js";

export interface Stage {
  readonly node: IntegerNode;
  /** In the graph's nodes. */
  readonly index: number;
  /** Output rows; for a node that sums its input's rows, the rows of its input. */
  readonly steps: number;
  /** Whether it gives one row at its last step only. */
  readonly sums: boolean;
  /** Bytes the node needs while a step runs; sums live from the first step to the last. */
  readonly scratchBytes: number;
  /** Instructions that the node takes more by rows, because an algorithm of its own needs the whole image. */
  readonly lost: number;
  /** Whether a row of output may be written over a row of the first input, as `overwritesRows` of homes. */
  readonly overwrites: boolean;
  /** Most rows of each input that a step needs. */
  readonly mostNeeded: readonly number[];
  needs(input: number, step: number): Span;
}

/** The stage of a node, with the scratch of that core or of any; undefined when it cannot run by rows. */
export function stageOf(node: IntegerNode, index: number, core?: Core): Stage | undefined {
  const home = opHomes.get(node.op)!;
  if (home.sumsRows?.applies(node)) {
    const steps = imageRows(node.inputs[0]!)!;
    const needs = (_: number, step: number) => ({ first: step, end: step + 1 });
    const scratchBytes = home.sumsRows.bytes(node);
    return { node, index, steps, sums: true, scratchBytes, lost: 0, overwrites: false, mostNeeded: [1], needs };
  }
  const structure = home.rows;
  if (!structure?.applies(node)) return undefined;
  const steps = imageRows(node.output)!;
  const needed = node.inputs.map((_, input) =>
    Array.from({ length: steps }, (_, first) => structure.needs(node, input, { first, end: first + 1 })),
  );
  const needs = (input: number, step: number) => needed[input]![step]!;
  const rowsIn = ({ first, end }: Span) => end - first;
  const mostNeeded = needed.map((spans) => spans.reduce((most, span) => Math.max(most, rowsIn(span)), 0));
  // Rows whose windows are whole are alike; at borders kernels may be others.
  const isWhole = (row: number) => needed.every((spans, input) => rowsIn(spans[row]!) === mostNeeded[input]);
  const all = Array.from({ length: steps }, (_, row) => row);
  const inside = all.find(isWhole);
  const kinds = home.scratchBytes ? all.filter((row) => row === inside || !isWhole(row)) : [];
  const scratchBytes = kinds.reduce(
    (most, first) => Math.max(most, home.scratchBytes!(rowsOf(node, structure, { first, end: first + 1 }), core)),
    0,
  );
  const overwrites = home.overwritesRows?.(node, core) === true && home.columns?.applies(node) === true;
  return {
    node,
    index,
    steps,
    sums: false,
    scratchBytes,
    lost: 0,
    overwrites,
    mostNeeded,
    needs,
  };
}

/** Bytes of one row of an image. */
export function rowBytes(tensor: IntegerTensor): number {
  return (elementCount(tensor.shape) * bytesPerElement(tensor.type)) / (imageRows(tensor) ?? 1);
}
