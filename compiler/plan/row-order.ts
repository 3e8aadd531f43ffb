/** Consecutive nodes that pass rows: who computes which row when. Rows are made as late as the group's outputs allow. */
import type { IntegerTensor } from "../ir/index.js";
import { imageRows } from "../ops/rows.js";
import { rowBytes, type Stage } from "./stages.js";

/** Stages and the tensors they read and write, by number. */
export class Flow {
  readonly tensors: readonly IntegerTensor[];
  /** Rows of each tensor, and bytes of one. */
  readonly rows: readonly number[];
  readonly rowBytes: readonly number[];
  /** Tensors of each stage. */
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly number[];
  /** Stages that read each tensor, and as which of their inputs. */
  readonly readers: readonly (readonly { readonly stage: number; readonly input: number }[])[];

  constructor(readonly stages: readonly Stage[]) {
    this.tensors = [...new Set(stages.flatMap(({ node }) => [...node.inputs, node.output]))];
    const number = new Map(this.tensors.map((tensor, index) => [tensor, index]));
    this.rows = this.tensors.map((tensor) => imageRows(tensor)!);
    this.rowBytes = this.tensors.map(rowBytes);
    this.inputs = stages.map(({ node }) => node.inputs.map((tensor) => number.get(tensor)!));
    this.outputs = stages.map(({ node }) => number.get(node.output)!);
    const readers = this.tensors.map((): { stage: number; input: number }[] => []);
    this.inputs.forEach((tensors, stage) => {
      tensors.forEach((tensor, input) => {
        readers[tensor]!.push({ stage, input });
      });
    });
    this.readers = readers;
  }
}

/** A stage takes a step, or (no stage) the caller hands over a row. */
export interface Entry {
  readonly stage: number | undefined;
  readonly step: number;
  /** The tensor that gets a row. */
  readonly output: number | undefined;
}

/** Stages pull the rows they need; the last stages drive. Tensors in `accepted` come from the caller. */
export function lateOrder(flow: Flow, accepted: readonly number[]): Entry[] {
  const { stages } = flow;
  const next = stages.map(() => 0);
  const made = flow.tensors.map(() => 0);
  const producer = new Map(flow.outputs.map((tensor, stage) => [tensor, stage]));
  const order: Entry[] = [];
  const require = (tensor: number, end: number) => {
    const stage = producer.get(tensor);
    while (stage !== undefined && made[tensor]! < end) advance(stage);
    if (!accepted.includes(tensor)) return;
    while (made[tensor]! < end) order.push({ stage: undefined, step: made[tensor]!++, output: tensor });
  };
  const advance = (stage: number) => {
    const step = next[stage]!;
    flow.inputs[stage]!.forEach((tensor, input) => {
      require(tensor, stages[stage]!.needs(input, step).end);
    });
    const gives = !stages[stage]!.sums || step === stages[stage]!.steps - 1;
    const output = gives ? flow.outputs[stage]! : undefined;
    order.push({ stage, step, output });
    next[stage] = step + 1;
    if (output !== undefined) made[output]!++;
  };
  for (let stage = stages.length - 1; stage >= 0; stage--) while (next[stage]! < stages[stage]!.steps) advance(stage);
  // A caller hands over all rows, also those that strides skip at the end.
  for (const tensor of accepted) require(tensor, flow.rows[tensor]!);
  return order;
}

/** Follows which rows are made and which are still needed. */
export class Progress {
  readonly #flow: Flow;
  /** Steps taken of each stage. */
  readonly next: number[];
  /** Rows made of each tensor. */
  readonly made: number[];
  /** First row of each tensor that a stage still reads, in the step it is at or later. */
  readonly lowest: number[];

  constructor(flow: Flow) {
    this.#flow = flow;
    this.next = flow.stages.map(() => 0);
    this.made = flow.tensors.map(() => 0);
    this.lowest = flow.tensors.map((_, tensor) => this.#lowestOf(tensor));
  }

  /** An entry takes effect. */
  pass({ stage, output }: Entry): void {
    if (output !== undefined) this.made[output]!++;
    if (stage === undefined) return;
    this.next[stage]!++;
    for (const tensor of this.#flow.inputs[stage]!) this.lowest[tensor] = this.#lowestOf(tensor);
  }

  #lowestOf(tensor: number): number {
    let row = this.#flow.rows[tensor]!;
    for (const { stage, input } of this.#flow.readers[tensor]!) {
      const { steps, needs } = this.#flow.stages[stage]!;
      const step = this.next[stage]!;
      if (step < steps) row = Math.min(row, needs(input, step).first);
    }
    return row;
  }
}
