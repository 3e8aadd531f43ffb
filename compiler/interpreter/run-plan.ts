/** Runs a Plan as generated code does, on memory that notices every read of a wrong, dead or overwritten byte. */
import { fail } from "../diagnostics.js";
import type { IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import { columnAxis, cut, imageRows, rowsOf, type Span } from "../ops/rows.js";
import { tensorBytes } from "../plan/liveness.js";
import { overlayPlace } from "../plan/overlays.js";
import type { ComputeEvent, Plan, RowEvent, Strip } from "../plan/plan.js";
import { rowBytes, type Stage, stageOf } from "../plan/stages.js";
import { operandColumns, stripNode } from "../plan/strips.js";
import { isInPlace, joinPlace, viewPlace } from "../plan/views.js";
import { TaggedMemory } from "./tagged-memory.js";

/** Outputs of one inference. `inputs` as for interpret; throws QC3004 where the plan is wrong. */
export function runPlan(plan: Plan, inputs: readonly Int32Array[]): Int32Array[] {
  const run = new PlanRun(plan, inputs);
  for (const step of plan.steps) {
    if (step.kind === "node") run.node(step.node);
    else {
      for (const strip of step.strips ?? [undefined]) {
        run.begin(strip);
        for (const event of step.events) run.event(event);
      }
      run.begin(undefined);
    }
  }
  return plan.graph.outputs.map((tensor) => run.read(tensor, whole(tensor), "the caller"));
}

const whole = (tensor: IntegerTensor): Span => ({ first: 0, end: imageRows(tensor) ?? 1 });

/** Bytes that lie together: where, and from which byte of their tensor on. */
interface Segment {
  readonly at: number;
  readonly from: number;
  readonly bytes: number;
}

class PlanRun {
  readonly #memory: TaggedMemory;
  /** First row that a tensor's place holds, for tensors of which only some rows exist. */
  readonly #starts = new Map<number, number>();
  /** Where the row lies of a tensor that overwrites rows of another. */
  readonly #overlays = new Map<number, number>();
  /** Tensors that lie within others, which own their bytes, and at which of them. */
  readonly #within = new Map<number, { readonly owner: number; readonly from: number }>();
  readonly #stages = new Map<number, Stage>();
  /** Rows taken in so far by nodes that sum them. */
  readonly #taken = new Map<number, Int32Array[]>();
  /** Columns that exist of each tensor, where not all do. */
  #strip: Strip | undefined;

  constructor(
    readonly plan: Plan,
    readonly inputs: readonly Int32Array[],
  ) {
    this.#memory = new TaggedMemory(plan.arenaBytes);
    plan.graph.inputs.forEach((tensor, i) => {
      if (!plan.rows.has(tensor.id) && !plan.external.has(tensor.id)) this.#write(tensor, whole(tensor), inputs[i]!);
    });
  }

  /** Begins a strip; undefined for whole rows. Tensors that are held start anew. */
  begin(strip: Strip | undefined): void {
    this.#strip = strip;
    for (const id of strip?.keys() ?? []) this.#starts.delete(id);
    this.#stages.clear();
  }

  /** A node of the graph, on the columns of the strip. */
  #node(index: number): IntegerNode {
    const node = this.plan.graph.nodes[index]!;
    return this.#strip ? stripNode(node, this.#strip) : node;
  }

  /** A tensor of the graph, of which nodes may have a part. */
  #full({ id }: IntegerTensor): IntegerTensor {
    return this.plan.graph.tensors[id]!;
  }

  /** Where rows of a tensor lie, and `columns` of them. Throws QC3004 when its place does not hold them. */
  #segments(part: IntegerTensor, rows: Span, columns: Span | undefined): Segment[] {
    const tensor = this.#full(part);
    const offset = this.#overlays.get(tensor.id) ?? this.plan.offsets.get(tensor.id);
    if (offset === undefined) return fail("QC3004", "the plan gives this tensor no place.", tensor.name);
    const held = this.plan.rows.get(tensor.id);
    const start = held === undefined ? 0 : held === 1 ? rows.first : (this.#starts.get(tensor.id) ?? 0);
    requireHeld(tensor, "rows", { first: start, end: start + (held ?? Infinity) }, rows);
    const full = rowBytes(tensor);
    const strip = this.#strip?.get(tensor.id) ?? (columns && { first: 0, end: tensor.shape[columnAxis]! });
    if (!strip || !columns) {
      const bytes = (rows.end - rows.first) * full;
      return [{ at: offset + (rows.first - start) * full, from: rows.first * full, bytes }];
    }
    requireHeld(tensor, "columns", strip, columns);
    const pixel = full / tensor.shape[columnAxis]!;
    // What outlives the step has whole rows.
    const [pitch, left] = held === undefined ? [full, 0] : [(strip.end - strip.first) * pixel, strip.first];
    return Array.from({ length: rows.end - rows.first }, (_, i) => ({
      at: offset + (rows.first + i - start) * pitch + (columns.first - left) * pixel,
      from: (rows.first + i) * full + columns.first * pixel,
      bytes: (columns.end - columns.first) * pixel,
    }));
  }

  /** Whose bytes a tensor has, and which of them is its first. */
  #owned({ id }: IntegerTensor): { readonly owner: number; readonly from: number } {
    const within = this.#within.get(id);
    if (!within) return { owner: id, from: 0 };
    const around = this.#owned(this.plan.graph.tensors[within.owner]!);
    return { owner: around.owner, from: around.from + within.from };
  }

  /** Codes of rows of a tensor, in a strip of these columns, after a check of every byte. */
  read(tensor: IntegerTensor, rows: Span, by: string, columns?: Span): Int32Array {
    const external = this.#external(tensor);
    if (external) {
      const length = external.length / (imageRows(tensor) ?? 1);
      return external.subarray(rows.first * length, rows.end * length);
    }
    const { owner, from: first } = this.#owned(tensor);
    const parts = this.#segments(tensor, rows, columns).map(({ at, from, bytes }) =>
      this.#memory.read(at, bytes, tensor, owner, first + from, by),
    );
    return parts.length === 1 ? parts[0]! : joined(parts);
  }

  /** The codes of a tensor that is read where the caller has it; undefined for others. */
  #external(tensor: IntegerTensor): Int32Array | undefined {
    if (!this.plan.external.has(tensor.id) || (this.#strip && this.plan.rows.has(tensor.id))) return undefined;
    return this.inputs[0];
  }

  #write(tensor: IntegerTensor, rows: Span, codes: Int32Array, columns?: Span): void {
    const segments = this.#segments(tensor, rows, columns);
    const length = codes.length / segments.length;
    segments.forEach(({ at, from }, i) => {
      this.#memory.write(at, tensor, tensor.id, from, codes.subarray(i * length, (i + 1) * length));
    });
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
    const view = viewPlace(node);
    if (view !== undefined && isInPlace(this.plan, node, 0)) {
      const [source] = node.inputs;
      this.#within.set(node.output.id, { owner: source!.id, from: view });
      this.read(source!, whole(source!), node.name);
      return;
    }
    if (home.alias) fail("QC3004", "an alias must have its source's place.", node.name);
    this.#compute(
      node,
      index,
      home.scratchBytes?.(node, this.plan.core) ?? 0,
      node.inputs.map(whole),
      whole(node.output),
      (i) => {
        const shares =
          !this.plan.external.has(node.inputs[i]!.id) &&
          this.plan.offsets.get(node.inputs[i]!.id) === this.plan.offsets.get(node.output.id);
        const sizes = tensorBytes(node.inputs[i]!) === tensorBytes(node.output);
        return shares && sizes && home.inPlace?.(node, i) === true;
      },
    );
  }

  /** What a node joins in place belongs to its output from now on, under every name. */
  #join(node: IntegerNode): void {
    node.inputs.forEach((input, i) => {
      const place = joinPlace(node, i);
      if (place === undefined || !isInPlace(this.plan, node, i)) return;
      const { owner, from } = this.#owned(input);
      if (owner !== node.output.id) this.#within.set(owner, { owner: node.output.id, from: place - from });
    });
  }

  /** Runs one event of a row group. */
  event(event: RowEvent): void {
    if (event.kind === "slide") this.#slide(event.tensor, event.dropped, event.kept);
    else if (event.kind === "accept") {
      const { tensor, row } = event;
      const codes = this.inputs[this.plan.graph.inputs.indexOf(tensor)]!;
      const length = codes.length / imageRows(tensor)!;
      const pixel = length / tensor.shape[columnAxis]!;
      const strip = this.#strip?.get(tensor.id);
      const { first, end } = strip ?? { first: 0, end: tensor.shape[columnAxis]! };
      const taken = codes.subarray(row * length + first * pixel, row * length + end * pixel);
      this.#write(tensor, { first: row, end: row + 1 }, taken, strip);
    } else this.#row(event);
  }

  #slide(tensor: IntegerTensor, dropped: number, kept: number): void {
    const offset = this.plan.offsets.get(tensor.id)!;
    const strip = this.#strip?.get(tensor.id);
    const bytes = rowBytes(strip ? cut(tensor, columnAxis, strip) : tensor);
    this.#memory.move(offset, offset + dropped * bytes, kept * bytes);
    this.#starts.set(tensor.id, (this.#starts.get(tensor.id) ?? 0) + dropped);
  }

  #row({ node: index, row, over }: ComputeEvent): void {
    const node = this.#node(index);
    if (over) this.#overlays.set(node.output.id, overlayPlace(this.plan, node, over));
    const stage = this.#stages.get(index) ?? stageOf(node, index, this.plan.core)!;
    this.#stages.set(index, stage);
    const needed = node.inputs.map((_, input) => stage.needs(input, row));
    const rows = { first: row, end: row + 1 };
    if (stage.sums) this.#sum(node, stage, row, needed[0]!);
    else {
      const part = rowsOf(node, opHomes.get(node.op)!.rows!, rows);
      if (over) this.#overwrite(node, stage, needed, rows, part);
      else this.#compute(node, index, stage.scratchBytes, needed, rows, () => false, part);
    }
  }

  /** Takes in one row; the last one gives the output. The sums must survive from row to row. */
  #sum(node: IntegerNode, stage: Stage, row: number, needed: Span): void {
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

  /** Column after column: reads what its windows have, writes it, and never reads earlier columns again. */
  #overwrite(node: IntegerNode, stage: Stage, needed: readonly Span[], rows: Span, part: IntegerNode): void {
    const { index, scratchBytes } = stage;
    const home = opHomes.get(node.op)!;
    const whole = this.plan.graph.nodes[index]!;
    const columns = (tensor: IntegerTensor): Span =>
      this.#strip?.get(tensor.id) ?? { first: 0, end: tensor.shape[columnAxis]! };
    const [input, output] = [node.inputs[0]!, columns(node.output)];
    const operand = operandOf(whole, output);
    const results = home.evaluate(part, [this.read(input, needed[0]!, node.name, operand)]);
    this.#scribble(index, scratchBytes);
    const channels = node.output.shape.at(-1)!;
    for (let column = output.first; column < output.end; column++) {
      const one = { first: column, end: column + 1 };
      this.read(input, needed[0]!, `${node.name} over its input`, operandOf(whole, one));
      const at = (column - output.first) * channels;
      this.#write(node.output, rows, results.subarray(at, at + channels), one);
    }
    if (scratchBytes > 0) {
      this.#memory.check(this.plan.scratch.get(index)!, scratchBytes, scratchOwner(index), 0, node.name);
    }
  }

  /** Reads, fills scratch, writes, and reads again: kernels may write before their last read. */
  #compute(
    node: IntegerNode,
    index: number,
    scratchBytes: number,
    needed: readonly Span[],
    rows: Span,
    inPlace: (input: number) => boolean,
    part = node,
  ): void {
    const strip = this.#strip;
    const whole = this.plan.graph.nodes[index]!;
    const columns = node.inputs.map((_, i) => strip && operandColumns(whole, i, strip));
    const operands = node.inputs.map((tensor, i) => this.read(tensor, needed[i]!, node.name, columns[i]));
    this.#scribble(index, scratchBytes);
    node.inputs.forEach((tensor, i) => {
      this.read(tensor, needed[i]!, `${node.name} after its scratch`, columns[i]);
    });
    const results = opHomes.get(node.op)!.evaluate(part, operands);
    this.#write(node.output, rows, results, strip?.get(node.output.id));
    if (part === whole) this.#join(node);
    node.inputs.forEach((tensor, i) => {
      if (!inPlace(i)) this.read(tensor, needed[i]!, `${node.name} after its output`, columns[i]);
    });
    if (scratchBytes > 0) {
      this.#memory.check(this.plan.scratch.get(index)!, scratchBytes, scratchOwner(index), 0, node.name);
    }
  }
}

/** Columns of the first operand that columns of the output depend on. */
const operandOf = (node: IntegerNode, columns: Span): Span => opHomes.get(node.op)!.columns!.needs(node, 0, columns);

/** Throws QC3004 unless positions are among those that a tensor's place has. */
function requireHeld({ name }: IntegerTensor, what: string, held: Span, { first, end }: Span): void {
  if (first >= held.first && end <= held.end) return;
  const has = `${what} ${held.first} to ${held.end}`;
  fail("QC3004", `its place has ${has}, but ${what} ${first} to ${end} are asked for.`, name);
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Scratch buffers are no tensors: their owners are below those of bytes that belong to nobody. */
const scratchOwner = (index: number) => -2 - index;
