/** IntegerGraph to a streaming Verilog project: one stage per node, joined by 8-bit ready/valid streams. */
import Handlebars from "handlebars";
import { fail } from "../../compiler/diagnostics.js";
import { elementCount, type IntegerGraph, type IntegerTensor } from "../../compiler/ir/index.js";
import { defaultFoldings } from "./folding.js";
import type { Folding, Memory, Stage } from "./lowering.js";
import { buildNetwork, type Network } from "./network.js";
import { moduleSources, packageFile } from "./sources.js";

export interface VerilogOptions {
  /** Name of the top module and prefix of its memory files; `model` by default. */
  readonly name?: string | undefined;
  /** Most multipliers of one stage for the default folding. */
  readonly lanes?: number | undefined;
  /** One folding per node of the graph, in order, instead of the default. */
  readonly folding?: readonly Folding[] | undefined;
}

/**
 * Emits the project as file texts by path: `<name>.v`, the hdl modules it uses, `*.hex` memories, `<name>.f` and yosys
 * scripts. The top module has 8-bit AXI4-Stream ports s_axis and m_axis, one element per beat in row-major order.
 */
export function emitVerilog(graph: IntegerGraph, options: VerilogOptions = {}): Map<string, string> {
  const name = options.name ?? "model";
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name.startsWith("qc_")) {
    fail(
      "QC6001",
      `module name ${JSON.stringify(name)}: expected lower-case letters, digits and _, not starting with qc_`,
    );
  }
  checkStreams(graph);
  const network = buildNetwork(graph, options.folding ?? defaultFoldings(graph, options.lanes));
  const top = printTop(name, graph, network);
  const sources = moduleSources(top);
  const files = new Map<string, string>([[`${name}.v`, top], ...sources]);
  for (const { instance, stage } of network.stages) {
    for (const memory of stage.memories) files.set(memoryFile(name, instance, memory), printMemory(memory));
  }
  const modules = [...files.keys()].filter((file) => file.endsWith(".v"));
  files.set(`${name}.f`, `${modules.join("\n")}\n`);
  for (const script of ["synth_ice40", "synth_xilinx"]) {
    files.set(`${script}.ys`, render(`${script}.ys`, { name, files: modules.join(" ") }));
  }
  return files;
}

/** The streaming back end carries elements of at most 8 bits, from one input to one output. */
function checkStreams(graph: IntegerGraph): void {
  const one = (tensors: readonly IntegerTensor[], role: string) => {
    if (tensors.length !== 1) {
      const names = tensors.map((tensor) => tensor.name).join(", ");
      fail("QC2002", `the streaming Verilog target takes one graph ${role}, got ${tensors.length} (${names})`);
    }
  };
  one(graph.inputs, "input");
  one(graph.outputs, "output");
  for (const tensor of graph.tensors) {
    if (tensor.type.bits > 8) {
      fail("QC2002", `streams carry at most 8 bits, got ${tensor.type.bits}`, tensor.name);
    }
  }
}

function memoryFile(name: string, instance: string, memory: Memory): string {
  return `${name}_${instance}_${memory.parameter.replace(/_FILE$/, "").toLowerCase()}.hex`;
}

/** One word per line, all with the same number of digits. */
function printMemory({ width, words }: Memory): string {
  const digits = Math.ceil(width / 4);
  return `${words.map((word) => word.toString(16).padStart(digits, "0")).join("\n")}\n`;
}

function printTop(name: string, graph: IntegerGraph, network: Network): string {
  const stages = network.stages.map(({ instance, comment, stage, inputs, output }) => ({
    comment,
    module: stage.module,
    name: instance,
    parameters: [
      ...Object.entries(stage.parameters).map(([key, value]) => ({ name: key, value })),
      ...stage.memories.map((memory) => ({ name: memory.parameter, value: `"${memoryFile(name, instance, memory)}"` })),
    ],
    ports: [...inputPorts(stage, inputs), ...streamPorts("out", output)],
  }));
  const forks = network.forks.map(({ input, outputs }) => ({
    comment: `${outputs.length} consumers of ${input}`,
    module: "qc_fork",
    name: `fork_${input}`,
    parameters: [{ name: "N", value: outputs.length }],
    ports: [
      { name: "in_valid", value: `${input}_valid` },
      { name: "in_ready", value: `${input}_ready` },
      { name: "out_valid", value: braces(outputs.map((stream) => `${stream}_valid`)) },
      { name: "out_ready", value: braces(outputs.map((stream) => `${stream}_ready`)) },
    ],
  }));
  const fifos = network.fifos.map(({ input, output, depth }) => ({
    comment: `waits for the other input of its consumer`,
    module: "qc_fifo",
    name: `fifo_${input}`,
    parameters: [{ name: "DEPTH", value: depth }],
    ports: [...streamPorts("in", input), ...streamPorts("out", output)],
  }));
  return render("model.v", {
    name,
    title: `${printable(graph.name)}, ${network.stages.length} stages, ${printable(graph.numerics)} numerics`,
    streams: network.streams,
    forks: network.forks,
    input: network.input,
    output: network.output,
    outputCount: elementCount(graph.outputs[0]!.shape),
    instances: [...forks, ...fifos, ...stages],
    traces: network.traces,
  });
}

function inputPorts(
  { bundled }: Pick<Stage, "bundled">,
  streams: readonly string[],
): { name: string; value: string }[] {
  if (!bundled) {
    return streams.flatMap((stream, index) => streamPorts(streams.length === 1 ? "in" : `in_${"ab"[index]}`, stream));
  }
  return ["data", "valid", "ready"].map((signal) => ({
    name: `in_${signal}`,
    value: braces(streams.map((stream) => `${stream}_${signal}`)),
  }));
}

function streamPorts(port: string, stream: string): { name: string; value: string }[] {
  return ["data", "valid", "ready"].map((signal) => ({ name: `${port}_${signal}`, value: `${stream}_${signal}` }));
}

/** Verilog concatenation with the first signal lowest. */
function braces(signals: readonly string[]): string {
  return `{${[...signals].reverse().join(", ")}}`;
}

/** Model text is free: only plain characters reach a comment. */
function printable(text: string): string {
  return text.replace(/[^A-Za-z0-9_.:/ -]/g, "?").slice(0, 80);
}

function render(template: string, data: unknown): string {
  return Handlebars.compile(packageFile(`templates/verilog/${template}.hbs`), { noEscape: true, strict: true })(data);
}
