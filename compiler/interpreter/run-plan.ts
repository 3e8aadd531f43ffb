/** Runs a Plan as generated code does, on memory that notices every read of a wrong, dead or overwritten byte. */
import { fail } from "../diagnostics.js";
import type { IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import { imageRows, type RowRange, rowsOf } from "../ops/rows.js";
import { tensorBytes } from "../plan/liveness.js";
import type { ComputeEvent, Plan, RowEvent } from "../plan/plan.js";
import { rowBytes, type Stage, stageOf } from "../plan/stages.js";
import { TaggedMemory } from "./tagged-memory.js";

/** Outputs of one inference. `inputs` as for interpret; throws QC3004 where the plan is wrong. */
export function runPlan(plan: Plan, inputs: readonly Int32Array[]): Int32Array[] {
  const run = new PlanRun(plan, inputs);
  for (const step of plan.steps) {
    if (step.kind === "node") run.node(step.node);
    else for (const event of step.events) run.event(event);
  }
  return plan.graph.outputs.map((tensor) => run.read(tensor, whole(tensor), "the caller"));
}

const whole = (tensor: IntegerTensor): RowRange => ({ first: 0, end: imageRows(tensor) ?? 1 });

class PlanRun {
  readonly #memory: TaggedMemory;
  /** First row that a tensor's place holds, for tensors of which only some rows exist. */
  readonly #starts = new Map<number, number>();
  /** An alias reads what its source wrote. */
  readonly #writers = new Map<number, number>();
  readonly #stages = new Map<number, Stage>();
  /** Rows taken in so far by nodes that sum them. */
  readonly #taken = new Map<number, Int32Array[]>();

  constructor(
    readonly plan: Plan,
    readonly inputs: readonly Int32Array[],
  ) {
    this.#memory = new TaggedMemory(plan.arenaBytes);
    plan.graph.inputs.forEach((tensor, i) => {
      if (!plan.rows.has(tensor.id)) this.#write(tensor, whole(tensor), inputs[i]!);
    });
  }

  /** Where rows of a tensor lie. Throws QC3004 when its place does not hold them. */
  #place(tensor: IntegerTensor, rows: RowRange): number {
    const offset = this.plan.offsets.get(tensor.id);
    if (offset === undefined) return fail("QC3004", "the plan gives this tensor no place.", tensor.name);
    const held = this.plan.rows.get(tensor.id);
    const start = held === undefined ? 0 : held === 1 ? rows.first : (this.#starts.get(tensor.id) ?? 0);
    if (rows.first < start || rows.end > start + (held ?? Infinity)) {
      const expected = `rows ${start} to ${start + held!}`;
      fail("QC3004", `its place has ${expected}, but rows ${rows.first} to ${rows.end} are asked for.`, tensor.name);
    }
    return offset + (rows.first - start) * rowBytes(tensor);
  }

  #owner(tensor: IntegerTensor): number {
    return this.#writers.get(tensor.id) ?? tensor.id;
  }

  /** Codes of rows of a tensor, after a check of every byte. */
  read(tensor: IntegerTensor, rows: RowRange, by: string): Int32Array {
    const bytes = (rows.end - rows.first) * rowBytes(tensor);
    const from = rows.first * rowBytes(tensor);
    return this.#memory.read(this.#place(tensor, rows), bytes, tensor, this.#owner(tensor), from, by);
  }

  #write(tensor: IntegerTensor, rows: RowRange, codes: Int32Array): void {
    this.#memory.write(this.#place(tensor, rows), tensor, tensor.id, rows.first * rowBytes(tensor), codes);
  }

  /** Fills a node's scratch, which must leave its inputs alone. */
  #scribble(index: number, bytes: number): void {
    if (bytes === 0) return;
    const { name } = this.plan.graph.nodes[index]!;
    const at = this.plan.scratch.get(index) ?? fail("QC3004", "the plan gives this node no scratch.", name);
    this.#memory.scribble(at, bytes, scratchOwner(index), name);
  }

  /** Runs a node on whole tensors. */
  node(index: number): void {
    const node = this.plan.graph.nodes[index]!;
    const home = opHomes.get(node.op)!;
    if (home.alias) {
      const [source] = node.inputs;
      this.#writers.set(node.output.id, this.#owner(source!));
      this.read(source!, whole(source!), node.name);
      if (this.#place(source!, whole(source!)) !== this.#place(node.output, whole(node.output))) {
        fail("QC3004", "an alias must have its source's place.", node.name);
      }
      return;
    }
    this.#compute(
      node,
      index,
      home.scratchBytes?.(node, this.plan.core) ?? 0,
      node.inputs.map(whole),
      whole(node.output),
      (i) => {
        const shares = this.plan.offsets.get(node.inputs[i]!.id) === this.plan.offsets.get(node.output.id);
        const sizes = tensorBytes(node.inputs[i]!) === tensorBytes(node.output);
        return shares && sizes && home.inPlace?.(node, i) === true;
      },
    );
  }

  /** Runs one event of a row group. */
  event(event: RowEvent): void {
    if (event.kind === "slide") this.#slide(event.tensor, event.dropped, event.kept);
    else if (event.kind === "accept") {
      const { tensor, row } = event;
      const codes = this.inputs[this.plan.graph.inputs.indexOf(tensor)]!;
      const length = codes.length / imageRows(tensor)!;
      this.#write(tensor, { first: row, end: row + 1 }, codes.subarray(row * length, (row + 1) * length));
    } else this.#row(event);
  }

  #slide(tensor: IntegerTensor, dropped: number, kept: number): void {
    const offset = this.plan.offsets.get(tensor.id)!;
    this.#memory.move(offset, offset + dropped * rowBytes(tensor), kept * rowBytes(tensor));
    this.#starts.set(tensor.id, (this.#starts.get(tensor.id) ?? 0) + dropped);
  }

  #row({ node: index, row }: ComputeEvent): void {
    const node = this.plan.graph.nodes[index]!;
    const stage = this.#stages.get(index) ?? stageOf(node, index, this.plan.core)!;
    this.#stages.set(index, stage);
    const needed = node.inputs.map((_, input) => stage.needs(input, row));
    const rows = { first: row, end: row + 1 };
    if (stage.sums) this.#sum(node, stage, row, needed[0]!);
    else {
      const part = rowsOf(node, opHomes.get(node.op)!.rows!, rows);
      this.#compute(node, index, stage.scratchBytes, needed, rows, () => false, part);
    }
  }

  /** Takes in one row; the last one gives the output. The sums must survive from row to row. */
  #sum(node: IntegerNode, stage: Stage, row: number, needed: RowRange): void {
    const { index, scratchBytes, steps } = stage;
    if (row === 0) this.#scribble(index, scratchBytes);
    const at = this.plan.scratch.get(index)!;
    this.#memory.check(at, scratchBytes, scratchOwner(index), 0, node.name);
    const taken = [...(this.#taken.get(index) ?? []), this.read(node.inputs[0]!, needed, node.name)];
    this.#taken.set(index, taken);
    if (row < steps - 1) return;
    const codes = Int32Array.from(taken.flatMap((values) => Array.from(values)));
    this.#write(node.output, whole(node.output), opHomes.get(node.op)!.evaluate(node, [codes]));
    this.#memory.check(at, scratchBytes, scratchOwner(index), 0, node.name);
  }

  /** Reads, fills scratch, writes, and reads again: kernels may write before their last read. */
  #compute(
    node: IntegerNode,
    index: number,
    scratchBytes: number,
    needed: readonly RowRange[],
    rows: RowRange,
    inPlace: (input: number) => boolean,
    part = node,
  ): void {
    const operands = node.inputs.map((tensor, i) => this.read(tensor, needed[i]!, node.name));
    this.#scribble(index, scratchBytes);
    node.inputs.forEach((tensor, i) => {
      this.read(tensor, needed[i]!, `${node.name} after its scratch`);
    });
    this.#write(node.output, rows, opHomes.get(node.op)!.evaluate(part, operands));
    node.inputs.forEach((tensor, i) => {
      if (!inPlace(i)) this.read(tensor, needed[i]!, `${node.name} after its output`);
    });
    if (scratchBytes > 0) {
      this.#memory.check(this.plan.scratch.get(index)!, scratchBytes, scratchOwner(index), 0, node.name);
    }
  }
}

/** Scratch buffers are no tensors: their owners are below those of bytes that belong to nobody. */
const scratchOwner = (index: number) => -2 - index;
