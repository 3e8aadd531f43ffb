/** A Plan to a C project: one function per layer, one arena, weights apart. */
import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { fail } from "../../compiler/diagnostics.js";
import {
  bytesPerElement,
  elementCount,
  type IntegerNode,
  type IntegerTensor,
  typeName,
} from "../../compiler/ir/index.js";
import { imageRows } from "../../compiler/ops/rows.js";
import { arenaAlignment, type Fetch, type Plan, streamsInput } from "../../compiler/plan/plan.js";
import { recomputedText } from "../../compiler/report/memory-map.js";
import type { Core } from "../core.js";
import { commentText, mangle, Names } from "../mangle.js";
import { packagePath } from "../package-root.js";
import { type Solver, solverFor } from "../solver.js";
import type { ConstantArray } from "./constants.js";
import { LayerEmitter } from "./layers.js";
import { RowGroupEmitter } from "./row-groups.js";
import { runtimeHeaders } from "./runtime.js";

export interface EmitOptions {
  /** Prefix of files, functions and macros; `model` unless given. */
  readonly name?: string;
  /** Constants of the layers for a core, where they are known already. */
  readonly solve?: Solver | undefined;
}

/**
 * All files of the project by path: `<name>.h`, `<name>.c`, `<name>_weights.h/.c`, the runtime headers in use, build files
 * and an example. Throws QC2002 where the runtime has no kernel.
 */
export function emitC(plan: Plan, core: Core, options: EmitOptions = {}): Map<string, string> {
  const { graph } = plan;
  const { name, inputs, outputs, stream, emitter, counters, steps } = emission(plan, core, options);
  const fetches = plan.weights?.fetches ?? new Map<number, readonly Fetch[]>();
  const headers = runtimeHeaders(["qc_config.h", ...emitter.headers]);
  const data = {
    name,
    macro: name.toUpperCase(),
    title: commentText(graph.name),
    numerics: commentText(graph.numerics),
    core: { ...core, flags: core.flags.join(" ") },
    archiver: core.compiler.replace(/gcc$/, "ar"),
    arenaBytes: plan.arenaBytes,
    usedBytes: plan.pieces.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0),
    arenaAlignment,
    inputs: stream || plan.external.size > 0 ? [] : inputs,
    external: plan.external.size > 0 && inputs[0],
    recomputed: plan.recomputedMacs > 0 && recomputedText(plan),
    stream: stream && { ...stream, counters },
    outputs,
    inputTotal: totalOf(inputs, "input"),
    outputTotal: totalOf(outputs, "output"),
    includes: emitter.headers,
    headers: [...headers.keys()],
    shared: emitter.functions,
    layers: emitter.layers,
    steps: steps.map((step, index) => ({ ...step, waits: fetches.has(index), fetches: fetches.get(index + 1) ?? [] })),
    firstFetches: fetches.get(0) ?? [],
    fetches: fetches.size > 0,
    arrays: emitter.constants.arrays.map((array) => ({ ...array, section: plan.weights?.sections.get(array.name) })),
  };
  const files = new Map<string, string>();
  const put = (path: string, template: string) => files.set(path, render(template, data));
  put(`${name}.h`, "model.h");
  put(`${name}.c`, "model.c");
  put(`${name}_weights.h`, "model_weights.h");
  put(`${name}_weights.c`, "model_weights.c");
  put("Makefile", "Makefile");
  put("CMakeLists.txt", "CMakeLists.txt");
  put("main.c", "main.c");
  for (const [file, text] of headers) files.set(file, text);
  return files;
}

/** The constant arrays of the project that emitC would write, with the steps that read them. */
export function constantsOf(plan: Plan, core: Core, options: EmitOptions = {}): readonly ConstantArray[] {
  return emission(plan, core, options).emitter.constants.arrays;
}

/** Everything that is computed for the templates. */
function emission(plan: Plan, core: Core, options: EmitOptions) {
  const { graph } = plan;
  if (plan.core && plan.core.name !== core.name) {
    fail("QC3004", `the plan has room for the kernels of ${plan.core.name} alone.`, core.name);
  }
  const name = mangle(options.name ?? "model");
  const names = new Names();
  const inputs = portsOf(plan, graph.inputs, "input", name);
  const outputs = portsOf(plan, graph.outputs, "output", name);
  for (const used of ["context", "init", "run", "push_row", "fetch", "fetch_wait"]) names.unique(`${name}_${used}`);
  for (const port of [...inputs, ...outputs]) names.unique(port.function);
  const emitter = emitterOf(plan, core, name, names, options.solve);
  const stream = streamOf(plan, inputs);
  const groups = new RowGroupEmitter(plan, emitter);
  const steps = plan.steps.map((step, index) => {
    emitter.constants.step = index;
    if (step.kind === "node") return nodeStep(plan, graph.nodes[step.node]!, step.node, emitter);
    const nodes = step.nodes.map((node) => graph.nodes[node]!);
    const streaming = stream !== undefined && index === 0;
    return rowStep(plan, nodes, streaming ? groups.streamed(step, stream.element) : groups.step(step));
  });
  return { name, inputs, outputs, stream, emitter, counters: groups.counters, steps };
}

/** The names of the kernels that compute each tensor, by its id: their headers without `qc_`. */
export function layerKernels(plan: Plan, core: Core): Map<number, string> {
  const emitter = emitterOf(plan, core, "model", new Names());
  plan.graph.nodes.forEach((node, index) => {
    emitter.layer(node, index);
  });
  const short = (header: string) => header.replace(/^qc_|\.h$/g, "");
  return new Map([...emitter.kernels].map(([tensor, headers]) => [tensor, [...new Set(headers.map(short))].join("+")]));
}

function emitterOf(
  plan: Plan,
  core: Core,
  name: string,
  names: Names,
  solve: Solver = solverFor(core, plan.graph),
): LayerEmitter {
  return new LayerEmitter(plan, core, name, names, solve);
}

/** One line of the run function; nodes that only rename bytes have no call. */
function nodeStep(plan: Plan, node: IntegerNode, index: number, emitter: LayerEmitter) {
  const layer = emitter.layer(node, index);
  return {
    call: layer && `${layer}(arena${emitter.readsInput(node) ? ", input" : ""});`,
    comment: commentText(`${node.name}: ${node.op}, the same bytes`),
    traces: plan.external.has(node.output.id) ? [] : [traceOf(plan, node.output)],
  };
}

/** A call that computes several tensors; those that pass by rows exist nowhere whole. */
function rowStep(plan: Plan, nodes: readonly IntegerNode[], call: string) {
  const whole = nodes.filter(({ output }) => !plan.rows.has(output.id));
  return { call, comment: "", traces: whole.map(({ output }) => traceOf(plan, output)) };
}

const traceOf = (plan: Plan, tensor: IntegerTensor) => ({
  id: tensor.id,
  offset: offsetOf(plan, tensor),
  bytes: bytesOf(tensor),
});

/** How the caller hands over the rows of an input that never lies in the arena whole. */
function streamOf(plan: Plan, ports: readonly Port[]) {
  if (!streamsInput(plan)) return undefined;
  const index = plan.graph.inputs.findIndex(({ id }) => plan.rows.has(id));
  const rows = imageRows(plan.graph.inputs[index]!)!;
  return { ...ports[index]!, rows, rowBytes: ports[index]!.bytes / rows };
}

type Port = ReturnType<typeof portsOf>[number];

/** How the caller sees the graph's inputs or outputs; they are numbered where there are several. */
function portsOf(plan: Plan, tensors: readonly IntegerTensor[], role: "input" | "output", name: string) {
  return tensors.map((tensor, index) => {
    const base = tensors.length === 1 ? `${name}_${role}` : `${name}_${role}_${index}`;
    const type = typeName(tensor.type);
    const element = `${tensor.type.signed ? "" : "u"}int${8 * bytesPerElement(tensor.type)}_t`;
    const held = `${type}_t` === element || tensor.type.bits <= 8 ? type : `${type} in ${element}`;
    return {
      function: base,
      macro: `${base.toUpperCase()}_BYTES`,
      element,
      bytes: bytesOf(tensor),
      offset: plan.external.has(tensor.id) ? 0 : offsetOf(plan, tensor),
      description: commentText(`${tensor.name}: ${held} [${tensor.shape}], row-major`),
    };
  });
}

/** The sum of all sizes; a single port's macro is that sum already. */
function totalOf(ports: readonly { readonly bytes: number }[], role: string) {
  if (ports.length === 1) return undefined;
  return { comment: `All ${role}s together.`, bytes: ports.reduce((sum, { bytes }) => sum + bytes, 0) };
}

export function offsetOf(plan: Plan, tensor: IntegerTensor): number {
  const offset = plan.offsets.get(tensor.id);
  return offset ?? fail("QC3004", "the plan gives this tensor no place in the arena.", tensor.name);
}

function bytesOf({ shape, type }: IntegerTensor): number {
  return elementCount(shape) * bytesPerElement(type);
}

function render(template: string, data: unknown): string {
  const text = readFileSync(packagePath("templates", "c", `${template}.hbs`), "utf8");
  return Handlebars.compile(text, { noEscape: true, strict: true, knownHelpersOnly: true })(data);
}
