/**
 * Row groups in C: a table of event kinds, and a loop over it whose switch has one case per kind. Counters say how many
 * rows each node has computed; only places in whole tensors depend on them.
 */
import type { IntegerTensor } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import { columnAxis } from "../../compiler/ops/rows.js";
import type { Plan, RowStep, Strip } from "../../compiler/plan/plan.js";
import { rowBytes } from "../../compiler/plan/stages.js";
import { operandColumns, stripNode } from "../../compiler/plan/strips.js";
import type { LayerEmitter } from "./layers.js";
import { type ComputeKind, type EventKind, kindsOf, type RowPlace } from "./row-events.js";

/** A function that computes rows of one geometry, and which operands it takes. */
interface PartFunction {
  readonly name: string;
  readonly parameters: readonly string[];
}

export class RowGroupEmitter {
  /** Counters of the step whose input is handed over by rows. */
  counters = 0;
  readonly #parts = new Map<string, PartFunction>();

  constructor(
    readonly plan: Plan,
    readonly emitter: LayerEmitter,
  ) {}

  /** The call that runs a step. */
  step(step: RowStep): string {
    if (step.strips) return this.#strips(step, step.strips);
    const external = step.nodes.some((node) => this.emitter.readsInput(this.plan.graph.nodes[node]!));
    const name = this.#loop(step, external ? "uint8_t *arena, const uint8_t *input" : "uint8_t *arena");
    return `${name}(arena${external ? ", input" : ""});`;
  }

  /** The function that runs through a step's events; in a strip, for its columns. */
  #loop(step: RowStep, parameters: string, strip?: Strip): string {
    const { cases, events, counters } = this.#cases(step, "row", strip);
    const body = [
      `int32_t row[${Math.max(counters, 1)}] = {0};`,
      "uint32_t event;",
      "",
      `for (event = 0; event < ${events.length}u; event++) {`,
      ...indented(switchOf(`${events.name}[event]`, cases)),
      "}",
      "(void)row;",
    ];
    // A strip may lie between its input and its output, with no ring or scratch.
    if (strip && !body.some((line) => /\barena\b/.test(line))) body.push("(void)arena;");
    return this.emitter.define(events.wanted, parameters, body, this.#comment(step));
  }

  /** The call that runs a step strip by strip: a function for each geometry, and a loop over neighbours that share it. */
  #strips(step: RowStep, strips: readonly Strip[]): string {
    const { nodes, tensors } = this.plan.graph;
    const output = nodes[step.nodes.at(-1)!]!.output;
    const made = new Set(step.nodes.map((node) => nodes[node]!.output.id));
    const input = tensors.find(({ id }) => strips[0]!.has(id) && !made.has(id))!;
    const external = this.plan.external.has(input.id);
    const source = external ? "input" : `arena + ${this.plan.offsets.get(input.id)!}`;
    const firstByte = (strip: Strip, tensor: IntegerTensor) =>
      (strip.get(tensor.id)!.first * rowBytes(tensor)) / tensor.shape[columnAxis]!;
    const body = ["int32_t strip;", ""];
    for (const run of runsOf(strips, (strip) => geometryOf(step, strip, this.plan))) {
      const name = this.#loop(step, "uint8_t *arena, const uint8_t *input, uint8_t *output", run[0]);
      const [from, to] = [input, output].map((tensor) => {
        const [at, next] = [run[0]!, run[1] ?? run[0]!].map((strip) => firstByte(strip, tensor));
        return run.length > 1 ? `${at} + strip * ${next! - at!}` : `${at}`;
      });
      const place = this.plan.offsets.get(output.id)!;
      const call = `${name}(arena, ${source} + (${from}), arena + (${place} + ${to}));`;
      if (run.length > 1) body.push(`for (strip = 0; strip < ${run.length}; strip++) {`, `    ${call}`, "}");
      else body.push(call);
    }
    body.push("(void)strip;");
    const wanted = `strips_${step.nodes[0]}_to_${step.nodes.at(-1)}`;
    const comment = `${this.#comment(step)}, in ${strips.length} strips of columns`;
    const parameters = external ? "uint8_t *arena, const uint8_t *input" : "uint8_t *arena";
    return `${this.emitter.define(wanted, parameters, body, comment)}(arena${external ? ", input" : ""});`;
  }

  /** The statement that hands one row to the step and returns from the caller unless it was the last one. */
  streamed(step: RowStep, element: string): string {
    const { cases, events, counters } = this.#cases(step, "context->row");
    this.counters = Math.max(counters, 1);
    const { prefix } = this.emitter;
    const body = [
      "uint8_t *const arena = context->arena;",
      "int32_t i;",
      "",
      "if (context->event == 0) {",
      `    for (i = 0; i < ${this.counters}; i++) {`,
      "        context->row[i] = 0;",
      "    }",
      "}",
      `for (; context->event < ${events.length}u; context->event++) {`,
      ...indented(switchOf(`${events.name}[context->event]`, cases)),
      "}",
      "context->event = 0;",
      "return 1;",
    ];
    const parameters = `${prefix}_context *context, const ${element} *next`;
    const name = this.emitter.define(events.wanted, parameters, body, this.#comment(step), "int");
    return `if (!${name}(context, row)) {\n        return 0;\n    }`;
  }

  #comment(step: RowStep): string {
    return `${step.nodes.map((index) => this.plan.graph.nodes[index]!.name).join(", ")}: row by row`;
  }

  #cases(step: RowStep, counter: string, strip?: Strip) {
    const { kinds, sequence } = kindsOf(this.plan, step, strip);
    const counted = countersOf(kinds);
    const cases = kinds.map((kind) => this.#statements(kind, counter, counted));
    const wanted = `rows_${step.nodes[0]}_to_${step.nodes.at(-1)}`;
    const element = kinds.length <= 256 ? "uint8_t" : "int16_t";
    const { constants, prefix } = this.emitter;
    const name = constants.read(constants.place(`${prefix}_${wanted}_events`, element, sequence));
    return { cases, counters: counted.size, events: { name, wanted, length: sequence.length } };
  }

  #statements(kind: EventKind, counter: string, counted: ReadonlyMap<unknown, number>): string[] {
    if (kind.kind === "slide") {
      const { tensor, dropped, kept, rowBytes: bytes } = kind;
      const to = address({ base: "arena", offset: this.plan.offsets.get(tensor.id)!, perRow: 0 }, "");
      return [`${this.#slide()}(${to}, ${dropped * bytes}, ${kept * bytes});`];
    }
    const own = counted.get(keyOf(kind));
    const rows = own === undefined ? "" : `${counter}[${own}]`;
    const count = own === undefined ? [] : [`${rows}++;`];
    if (kind.kind === "accept") {
      const { place, source, bytes } = kind;
      const copy = `memcpy(${address(place, rows)}, ${source ? address(source, rows) : "next"}, ${bytes});`;
      this.emitter.include("qc_slide.h");
      if (source) return [copy, ...count];
      return ["if (!next) {", "    return 0;", "}", copy, "next = 0;", ...count];
    }
    const { stage, inputs, output } = kind;
    const scratch = this.plan.scratch.get(stage.index);
    const values: Record<string, string> = {
      y: address(output, rows),
      scratch: scratch === undefined ? "0" : address({ base: "arena", offset: scratch, perRow: 0 }, ""),
      arena: "arena",
    };
    inputs.forEach((place, i) => {
      values[`x${i}`] = address(place, rows);
    });
    const calls = this.#partFunctions(kind).map(
      ({ name, parameters }) => `${name}(${parameters.map((parameter) => values[parameter]).join(", ")});`,
    );
    return [...calls, ...count];
  }

  #slide(): string {
    this.emitter.include("qc_slide.h");
    return this.emitter.shared({
      role: "slide",
      parameters: ["uint8_t *to", "int32_t distance", "int32_t bytes"],
      body: ["qc_slide(to, distance, bytes);"],
    });
  }

  /** The functions of a kind's geometry; made once. */
  #partFunctions(kind: ComputeKind): PartFunction[] {
    const { stage, part, first, last, geometry } = kind;
    const { sumsRows, c } = opHomes.get(part.op)!;
    if (!stage.sums) return [this.#part(geometry, kind, (context) => c(part, context))];
    const start = first ? "1" : "0";
    return [
      this.#part(`${geometry} add ${start}`, kind, (context) => sumsRows!.add(part, context, start)),
      ...(last ? [this.#part(`${geometry} finish`, kind, (context) => sumsRows!.finish(part, context))] : []),
    ];
  }

  #part(key: string, { stage, part }: ComputeKind, lower: Parameters<LayerEmitter["lowered"]>[2]): PartFunction {
    const known = this.#parts.get(key);
    if (known) return known;
    const where = `layer_${stage.index}_${part.name}`;
    const used = new Set<string>();
    const use = (name: string) => {
      used.add(name);
      return name;
    };
    const body = this.emitter.lowered(
      where,
      {
        input: (i) => use(`x${i}`),
        get output() {
          return use("y");
        },
        get scratch() {
          return use("scratch");
        },
      },
      lower,
      part.output.id,
    );
    if (body.some((line) => /\barena\b/.test(line))) used.add("arena");
    const parameters = [...used];
    const declared = parameters.map((name) => `${name.startsWith("x") ? "const " : ""}uint8_t *${name}`);
    const name = this.emitter.define(`${where}_rows`, declared.join(", "), body, this.emitter.describe(part));
    const made = { name, parameters };
    this.#parts.set(key, made);
    return made;
  }
}

/** Events that one counter counts: those of a node, or of an input. */
const keyOf = (kind: Exclude<EventKind, { kind: "slide" }>): unknown =>
  kind.kind === "accept" ? kind.tensor : kind.stage;

/** Counters for the nodes and inputs some of whose places move with their rows. */
function countersOf(kinds: readonly EventKind[]): Map<unknown, number> {
  const counters = new Map<unknown, number>();
  for (const kind of kinds) {
    if (kind.kind === "slide") continue;
    const places = kind.kind === "accept" ? [kind.place, kind.source ?? kind.place] : [...kind.inputs, kind.output];
    if (places.some(({ perRow }) => perRow !== 0) && !counters.has(keyOf(kind)))
      counters.set(keyOf(kind), counters.size);
  }
  return counters;
}

function address({ base, offset, perRow }: RowPlace, rows: string): string {
  const fixed = offset === 0 ? "" : offset < 0 ? ` - ${-offset}` : ` + ${offset}`;
  return perRow === 0 ? `${base}${fixed}` : `${base} + (${rows} * ${perRow}${fixed})`;
}

/** What strips of one geometry share: the columns of every tensor, seen from the strip, and the borders of every node. */
function geometryOf({ nodes }: RowStep, strip: Strip, { graph }: Plan): string {
  const parts = nodes.map((index) => {
    const node = graph.nodes[index]!;
    const part = stripNode(node, strip);
    const columns = node.inputs.map(({ id }, i) => operandColumns(node, i, strip).first - strip.get(id)!.first);
    const shapes = [...part.inputs, part.output].map(({ shape }) => shape.join("x"));
    return [...columns, ...shapes, opHomes.get(node.op)!.print(part.attributes)].join(" ");
  });
  const widths = [...strip.values()].map(({ first, end }) => end - first);
  return [...parts, ...widths].join("\n");
}

/** Neighbours of equal keys. */
function runsOf<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const runs: { readonly key: string; readonly items: Item[] }[] = [];
  for (const item of items) {
    const key = keyOf(item);
    if (runs.at(-1)?.key === key) runs.at(-1)!.items.push(item);
    else runs.push({ key, items: [item] });
  }
  return runs.map((run) => run.items);
}

const indented = (lines: readonly string[]) => lines.map((line) => (line === "" ? "" : `    ${line}`));

function switchOf(value: string, cases: readonly (readonly string[])[]): string[] {
  const lines = cases.flatMap((statements, i) => [
    i === cases.length - 1 ? "default:" : `case ${i}:`,
    ...indented([...statements, "break;"]),
  ]);
  return [`switch (${value}) {`, ...lines, "}"];
}
