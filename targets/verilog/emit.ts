/** IntegerGraph to a streaming Verilog project: one stage per node, joined by ready/valid streams of the tensors' widths. */
import Handlebars from "handlebars";
import { fail } from "../../compiler/diagnostics.js";
import { bytesPerElement, type IntegerGraph, type IntegerType, typeName } from "../../compiler/ir/index.js";
import { defaultFoldings } from "./folding.js";
import type { Folding, Memory, Stage } from "./lowering.js";
import { buildNetwork, type Network } from "./network.js";
import { portsFile, type StreamPort, type StreamPorts, streamPorts } from "./ports.js";
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
 * Emits the project as file texts by path: `<name>.v`, the hdl modules it uses, `*.hex` memories, `<name>.f`, `ports.json`
 * and yosys scripts. The top module has one AXI4-Stream port per graph input (s_axis, or s_axis_<index> of several) and output
 * (m_axis), one element per beat in row-major order, in 8, 16 or 32 bits.
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
  const ports = streamPorts(graph);
  const top = printTop(name, graph, network, ports);
  const sources = moduleSources(top);
  const files = new Map<string, string>([[`${name}.v`, top], ...sources]);
  for (const { instance, stage } of network.stages) {
    for (const memory of stage.memories) files.set(memoryFile(name, instance, memory), printMemory(memory));
  }
  const modules = [...files.keys()].filter((file) => file.endsWith(".v"));
  files.set(`${name}.f`, `${modules.join("\n")}\n`);
  files.set(portsFile, `${JSON.stringify(ports, null, 2)}\n`);
  for (const script of ["synth_ice40", "synth_xilinx"]) {
    files.set(`${script}.ys`, render(`${script}.ys`, { name, files: modules.join(" ") }));
  }
  return files;
}

/** Refuses elements that the modules' signed 32-bit parameters cannot name. */
function checkStreams(graph: IntegerGraph): void {
  for (const { type, name } of graph.tensors) {
    const most = type.signed ? 32 : 31;
    if (type.bits > most) {
      fail("QC2002", `the Verilog target takes elements of at most ${most} bits, got ${typeName(type)}`, name);
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

function printTop(name: string, graph: IntegerGraph, network: Network, ports: StreamPorts): string {
  const stages = network.stages.map(({ instance, comment, stage, inputs, output }) => ({
    comment,
    module: stage.module,
    name: instance,
    parameters: [
      ...Object.entries(stage.parameters).map(([key, value]) => ({ name: key, value })),
      ...stage.memories.map((memory) => ({ name: memory.parameter, value: `"${memoryFile(name, instance, memory)}"` })),
    ],
    ports: [...inputPorts(stage, inputs), ...signals("out", output)],
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
  const fifos = network.fifos.map(({ input, output, bits, depth }) => ({
    comment: `waits for the other input of its consumer`,
    module: "qc_fifo",
    name: `fifo_${input}`,
    parameters: [
      { name: "BITS", value: bits },
      { name: "DEPTH", value: depth },
    ],
    ports: [...signals("in", input), ...signals("out", output)],
  }));
  return render("model.v", {
    name,
    title: `${printable(graph.name)}, ${network.stages.length} stages, ${printable(graph.numerics)} numerics`,
    streams: network.streams.map((stream) => ({ name: stream.name, msb: stream.bits - 1 })),
    ports: [...inputBorders(graph, network, ports), ...outputBorders(graph, network, ports)],
    unread: network.unread,
    forks: network.forks,
    instances: [...forks, ...fifos, ...stages],
    traces: network.traces.map(({ stream, tensor: { id, type } }) => ({
      stream,
      tensor: id,
      digits: 2 * bytesPerElement(type),
      value: extended(stream, type),
    })),
  });
}

function inputBorders(graph: IntegerGraph, network: Network, { inputs }: StreamPorts) {
  return inputs.map((port, i) => {
    const { bits } = graph.inputs[i]!.type;
    const msb = 8 * port.bytes - 1;
    return {
      ...port,
      tensor: printable(port.tensor),
      input: true,
      range: range(port),
      stream: network.inputs[i]!,
      streamMsb: bits - 1,
      unused: `${port.name}_tlast${msb < bits ? "" : `, ${port.name}_tdata[${msb}:${bits}]`}`,
    };
  });
}

function outputBorders(graph: IntegerGraph, network: Network, { outputs }: StreamPorts) {
  return outputs.map((port, i) => {
    const stream = network.outputs[i]!;
    const value = extended(stream, graph.outputs[i]!.type);
    return { ...port, tensor: printable(port.tensor), input: false, range: range(port), stream, value };
  });
}

/** The range of a port's data wires, as wide as the widest. */
function range({ bytes }: StreamPort): string {
  return `[${8 * bytes - 1}:0]`.padEnd(6);
}

/** The data of a stream in whole bytes. */
function extended(stream: string, type: IntegerType): string {
  const missing = 8 * bytesPerElement(type) - type.bits;
  if (missing === 0) return `${stream}_data`;
  return `{{${missing}{${type.signed ? `${stream}_data[${type.bits - 1}]` : "1'b0"}}}, ${stream}_data}`;
}

function inputPorts(
  { bundled }: Pick<Stage, "bundled">,
  streams: readonly string[],
): { name: string; value: string }[] {
  if (!bundled) {
    return streams.flatMap((stream, index) => signals(streams.length === 1 ? "in" : `in_${"ab"[index]}`, stream));
  }
  return ["data", "valid", "ready"].map((signal) => ({
    name: `in_${signal}`,
    value: braces(streams.map((stream) => `${stream}_${signal}`)),
  }));
}

function signals(port: string, stream: string): { name: string; value: string }[] {
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
  return Handlebars.compile(packageFile(`templates/verilog/${template}.hbs`), {
    noEscape: true,
    strict: true,
    knownHelpersOnly: true,
  })(data);
}
