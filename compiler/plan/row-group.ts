/**
 * Consecutive nodes that pass rows: who computes which row when, how many rows of every tensor are held, and how far an
 * output must start before an input that it chases. Rows are made as late as the group's outputs allow.
 */
import type { IntegerTensor } from "../ir/index.js";
import { imageRows } from "../ops/rows.js";
import type { RowEvent } from "./plan.js";
import { rowBytes, type Stage } from "./stages.js";

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
  /** Distinct sets of `inner` indices that live at one event. */
  readonly together: readonly (readonly number[])[];
  /** Least distance at which an output, or an inner piece by its index, may start before `input`. */
  distance(input: IntegerTensor, chaser: IntegerTensor | number): number;
}

interface Reader {
  readonly stage: Stage;
  readonly input: number;
}

/** Follows which rows are made and which are still needed. */
class Progress {
  readonly next = new Map<Stage, number>();
  readonly made = new Map<IntegerTensor, number>();

  constructor(
    readonly stages: readonly Stage[],
    readonly readers: ReadonlyMap<IntegerTensor, readonly Reader[]>,
  ) {
    for (const stage of stages) this.next.set(stage, 0);
  }

  /** First row of a tensor that a stage still reads, in the step it is at or later. */
  lowest(tensor: IntegerTensor): number {
    let row = imageRows(tensor)!;
    for (const { stage, input } of this.readers.get(tensor) ?? []) {
      const step = this.next.get(stage)!;
      if (step < stage.steps) row = Math.min(row, stage.needs(input, step).first);
    }
    return row;
  }

  /** Rows made of a tensor and still needed. */
  held(tensor: IntegerTensor): number {
    return (this.made.get(tensor) ?? 0) - this.lowest(tensor);
  }
}

type Order = readonly ({ readonly stage: Stage; readonly step: number } | { readonly accepted: IntegerTensor })[];

/** Simulates a group. `later` tells tensors that are read after it or are outputs; `streamed` arrive row by row. */
export function makeRowGroup(
  stages: readonly Stage[],
  later: (tensor: IntegerTensor) => boolean,
  streamed: ReadonlySet<IntegerTensor>,
): RowGroup {
  const made = new Set(stages.map(({ node }) => node.output));
  const readers = new Map<IntegerTensor, Reader[]>();
  for (const stage of stages) {
    stage.node.inputs.forEach((tensor, input) => {
      readers.set(tensor, [...(readers.get(tensor) ?? []), { stage, input }]);
    });
  }
  const accepted = [...readers.keys()].filter((tensor) => streamed.has(tensor));
  const inputs = [...readers.keys()].filter((tensor) => !made.has(tensor) && !streamed.has(tensor));
  const outputs = [...made].filter(later);
  const passed = [...[...made].filter((tensor) => !later(tensor)), ...accepted];
  const order = lateOrder(stages, readers, accepted);
  return replay(stages, readers, order, inputs, outputs, passed);
}

/** Stages pull the rows they need; the last stages drive. */
function lateOrder(
  stages: readonly Stage[],
  readers: ReadonlyMap<IntegerTensor, readonly Reader[]>,
  accepted: readonly IntegerTensor[],
): Order {
  const { next } = new Progress(stages, readers);
  const made = new Map<IntegerTensor, number>(accepted.map((tensor) => [tensor, 0]));
  const producer = new Map(stages.map((stage) => [stage.node.output, stage]));
  const order: ({ stage: Stage; step: number } | { accepted: IntegerTensor })[] = [];
  const require = (tensor: IntegerTensor, end: number) => {
    const stage = producer.get(tensor);
    while (stage && (made.get(tensor) ?? 0) < end) advance(stage);
    if (!made.has(tensor)) return;
    for (; made.get(tensor)! < end; made.set(tensor, made.get(tensor)! + 1)) order.push({ accepted: tensor });
  };
  const advance = (stage: Stage) => {
    const step = next.get(stage)!;
    stage.node.inputs.forEach((tensor, input) => {
      require(tensor, stage.needs(input, step).end);
    });
    order.push({ stage, step });
    next.set(stage, step + 1);
    if (gives(stage, step)) made.set(stage.node.output, (made.get(stage.node.output) ?? 0) + 1);
  };
  for (const stage of [...stages].reverse()) while (next.get(stage)! < stage.steps) advance(stage);
  // A caller hands over all rows, also those that strides skip at the end.
  for (const tensor of accepted) require(tensor, imageRows(tensor)!);
  return order;
}

const gives = (stage: Stage, step: number) => !stage.sums || step === stage.steps - 1;

/** Runs through an order and measures it. */
function replay(
  stages: readonly Stage[],
  readers: ReadonlyMap<IntegerTensor, readonly Reader[]>,
  order: Order,
  inputs: readonly IntegerTensor[],
  outputs: readonly IntegerTensor[],
  passed: readonly IntegerTensor[],
): RowGroup {
  const rows = new Map<number, number>(passed.map((tensor) => [tensor.id, 1]));
  walk(stages, readers, order, (progress, _, output) => {
    if (!output || !rows.has(output.id)) return;
    const held = (progress.made.get(output) ?? 0) + 1 - progress.lowest(output);
    rows.set(output.id, Math.max(rows.get(output.id)!, held));
  });
  const inner: (Inner & { bytes: number })[] = passed.map((tensor) => ({
    tensor,
    bytes: rows.get(tensor.id)! * rowBytes(tensor),
  }));
  const scratchPiece = new Map<Stage, number>();
  for (const stage of stages) {
    if (stage.scratchBytes === 0) continue;
    scratchPiece.set(stage, inner.length);
    inner.push({ scratchOf: stage.index, bytes: stage.scratchBytes });
  }
  const events: RowEvent[] = [];
  const starts = new Map<number, number>();
  const distances = new Map<string, number>();
  const together = new Map<string, number[]>();
  const used = new Set<number>();
  walk(stages, readers, order, (progress, stage, output) => {
    const held = output && rows.get(output.id);
    const row = output ? (progress.made.get(output) ?? 0) : 0;
    const start = output ? (starts.get(output.id) ?? 0) : 0;
    if (output && held !== undefined && held > 1 && row - start === held) {
      const first = Math.min(progress.lowest(output), row);
      events.push({ kind: "slide", tensor: output, dropped: first - start, kept: row - first });
      starts.set(output.id, first);
    }
    if (!stage) events.push({ kind: "accept", tensor: output!, row });
    else events.push({ kind: "compute", node: stage.index, row: progress.next.get(stage)! });
    const alive = passed.flatMap((tensor, i) => (tensor === output || progress.held(tensor) > 0 ? [i] : []));
    for (const [owner, piece] of scratchPiece) {
      const step = progress.next.get(owner)!;
      if (owner === stage || (owner.sums && step > 0 && step < owner.steps)) alive.push(piece);
    }
    together.set(alive.join(), alive);
    const begun = alive.filter((piece) => !used.has(piece));
    for (const piece of begun) used.add(piece);
    if (begun.length === 0 && (!output || held !== undefined)) return;
    for (const input of inputs) {
      const needed = progress.lowest(input) * rowBytes(input);
      // What the input has behind it at a piece's first use, it has for good.
      for (const piece of begun) distances.set(`${input.id} piece ${piece}`, inner[piece]!.bytes - needed);
      if (!output || held !== undefined) continue;
      const key = `${input.id} ${output.id}`;
      const written = (row + 1) * rowBytes(output);
      distances.set(key, Math.max(distances.get(key) ?? -Infinity, written - needed));
    }
  });
  return {
    stages,
    inputs,
    outputs,
    events,
    inner,
    rows,
    together: [...together.values()],
    distance: (input, chaser) =>
      distances.get(`${input.id} ${typeof chaser === "number" ? `piece ${chaser}` : chaser.id}`)!,
  };
}

/** Visits every entry of an order, with the tensor that gets a row, before it takes effect. */
function walk(
  stages: readonly Stage[],
  readers: ReadonlyMap<IntegerTensor, readonly Reader[]>,
  order: Order,
  visit: (progress: Progress, stage: Stage | undefined, output: IntegerTensor | undefined) => void,
): void {
  const progress = new Progress(stages, readers);
  for (const entry of order) {
    const stage = "stage" in entry ? entry.stage : undefined;
    const output =
      "stage" in entry ? (gives(entry.stage, entry.step) ? entry.stage.node.output : undefined) : entry.accepted;
    visit(progress, stage, output);
    if (stage) progress.next.set(stage, progress.next.get(stage)! + 1);
    if (output) progress.made.set(output, (progress.made.get(output) ?? 0) + 1);
  }
}
