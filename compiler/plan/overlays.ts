/**
 * Rows that are written over rows: an output row of a depthwise layer takes the place of an input row that no later step reads, or of one
 * that is not made yet, and needs no bytes of its own.
 */
import type { IntegerNode } from "../ir/index.js";
import { opHomes } from "../ops/index.js";
import type { Span } from "../ops/rows.js";
import type { Plan } from "./plan.js";
import { type Entry, type Flow, Progress } from "./row-order.js";
import { rowBytes } from "./stages.js";

/** Where an output row goes among the rows held of an input. */
export interface Slot {
  /** Place of the row that it takes. */
  readonly row: number;
  /** Whether that row may still be read meanwhile: the output begins some pixels before it. */
  readonly early: boolean;
}

/**
 * How many pixels an output row must begin before the input row that it overwrites: each of its columns is written after the last
 * read of the column it lands on. `columns`: those of the output; `held`: those of the input.
 */
export function leadOf(node: IntegerNode, columns: Span, held: Span): number {
  const { needs } = opHomes.get(node.op)!.columns!;
  let lead = 0;
  for (let column = columns.first + 1; column < columns.end; column++) {
    const read = needs(node, 0, { first: column, end: column + 1 }).first - held.first;
    lead = Math.max(lead, column - columns.first - read);
  }
  return lead;
}

/** Byte of the arena at which a row begins that `node`, of a whole image or of a strip, writes among the rows of its input. */
export function overlayPlace(
  { offsets, overlays }: Plan,
  { inputs: [input], output }: IntegerNode,
  slot: Slot,
): number {
  const lead = slot.early ? overlays.get(output.id)!.lead : 0;
  return offsets.get(input!.id)! + slot.row * rowBytes(input!) - lead;
}

/** Tensors whose one row can lie among the rows of another for all of an order, by number, and where at each step that makes one. */
export function overlaysOf(
  flow: Flow,
  order: readonly Entry[],
  held: readonly number[],
): { readonly overlays: ReadonlyMap<number, number>; readonly slots: ReadonlyMap<Entry, Slot> } {
  const overlays = new Map<number, number>();
  const slots = new Map<Entry, Slot>();
  flow.stages.forEach(({ overwrites }, stage) => {
    const [under, over] = [flow.inputs[stage]![0]!, flow.outputs[stage]!];
    const fits = held[under]! > 1 && held[over] === 1 && flow.rowBytes[over]! <= flow.rowBytes[under]!;
    if (!overwrites || !fits || [...overlays.values()].includes(under)) return;
    const found = slotsOf(flow, order, stage, held[under]!);
    if (!found) return;
    overlays.set(over, under);
    for (const [entry, slot] of found) slots.set(entry, slot);
  });
  return { overlays, slots };
}

/** Where a stage's rows go among those of its input; undefined where one finds no place, or another row would be made or moved there too early. */
function slotsOf(flow: Flow, order: readonly Entry[], stage: number, held: number): Map<Entry, Slot> | undefined {
  const [under, over] = [flow.inputs[stage]![0]!, flow.outputs[stage]!];
  const slots = new Map<Entry, Slot>();
  const progress = new Progress(flow);
  const { made, lowest } = progress;
  let start = 0;
  for (const entry of order) {
    if (entry.output === under) {
      if (made[over]! > lowest[over]!) return undefined;
      if (made[under]! - start === held) start = Math.min(lowest[under]!, made[under]!);
    }
    progress.pass(entry);
    if (entry.stage !== stage) continue;
    // Before the oldest row lies none that could still be read.
    if (Math.min(lowest[under]!, made[under]!) > start) slots.set(entry, { row: 0, early: true });
    else if (made[under]! - start < held) slots.set(entry, { row: made[under]! - start, early: false });
    else return undefined;
  }
  return slots;
}
