/** Builds many small designs into one simulator and compares their output bytes with the interpreter's. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerGraph, IntegerTensor } from "../../compiler/ir/index.js";
import { buildVerilator, type Simulator } from "../../compiler/verify/engines/verilator.js";
import { emitVerilog, type VerilogOptions } from "../../targets/verilog/emit.js";
import { type StreamPort, type StreamPorts, streamPorts } from "../../targets/verilog/ports.js";
import { Random, randomInput, toBytes } from "./graphs.js";

export interface Design extends VerilogOptions {
  readonly title: string;
  readonly graph: IntegerGraph;
}

/** The four corners of back-pressure. */
export const stallPatterns = ["none", "input", "output", "both"] as const;
export type StallPattern = (typeof stallPatterns)[number];

export interface Bench {
  readonly files: ReadonlyMap<string, string>;
  /** Bytes expected and bytes got, all inferences in a row. */
  compare(index: number, stall: StallPattern): Promise<{ expected: Buffer; got: Buffer }>;
  close(): Promise<void>;
}

const inferences = 3;

/** Ports of the wrapper: as many as any design has, each 32 bits wide. */
function wrapperPorts(designs: readonly Design[]): StreamPorts {
  const ports = (side: "inputs" | "outputs", prefix: string) =>
    Array.from({ length: Math.max(...designs.map(({ graph }) => graph[side].length)) }, (_, i) => ({
      name: `${prefix}_${i}`,
      tensor: "",
      type: "int32",
      bytes: 4,
      elements: 0,
    }));
  return { inputs: ports("inputs", "s_axis"), outputs: ports("outputs", "m_axis") };
}

/** One build for all designs: a wrapper connects the design number `select` to the bench. */
export async function buildBench(designs: readonly Design[]): Promise<Bench> {
  const files = new Map<string, string>();
  designs.forEach((design, index) => {
    for (const [path, text] of emitVerilog(design.graph, { ...design, name: `d${index}` })) files.set(path, text);
  });
  const ports = wrapperPorts(designs);
  files.set("bench.v", wrapper(designs, ports));
  const workDir = await mkdtemp(join(tmpdir(), "qc-hdl-"));
  const simulator: Simulator = await buildVerilator(files, { workDir, top: "bench", select: true, ports });
  return {
    files,
    async compare(index, stall) {
      const { graph } = designs[index]!;
      const random = new Random(1000 + index);
      const inputs = Array.from({ length: inferences }, () => graph.inputs.map((input) => randomInput(random, input)));
      const bytes = (tensors: readonly IntegerTensor[], codes: readonly Int32Array[]) =>
        Buffer.concat(codes.map((values, i) => toBytes(values, tensors[i]!)));
      const expected = inputs.map((codes) => bytes(graph.outputs, outputsOf(graph, codes)));
      const own = streamPorts(graph);
      const result = await simulator.run(
        inputs.map((codes) => bytes(graph.inputs, codes)),
        {
          ports: { inputs: overlay(ports.inputs, own.inputs), outputs: overlay(ports.outputs, own.outputs) },
          select: index,
          idleLimit: 20_000,
          ...(stall === "none" ? {} : { stall, stallSeed: index + 1 }),
        },
      );
      return { expected: Buffer.concat(expected), got: Buffer.concat(result.outputs) };
    },
    close: () => rm(workDir, { recursive: true }),
  };
}

/** The first ports of the wrapper carry what the design's do. */
function overlay(ports: readonly StreamPort[], own: readonly StreamPort[]): StreamPort[] {
  return ports.map((port, i) => ({ ...port, ...own[i], name: port.name }));
}

function wrapper(designs: readonly Design[], { inputs, outputs }: StreamPorts): string {
  const count = designs.length;
  const instances = designs.map(({ graph }, i) => {
    const own = streamPorts(graph);
    const sources = own.inputs.map(
      ({ name, bytes }, k) =>
        `.${name}_tvalid(s_axis_${k}_tvalid && select == ${i}), .${name}_tready(s_ready_${k}[${i}]), ` +
        `.${name}_tdata(s_axis_${k}_tdata[${8 * bytes - 1}:0]), .${name}_tlast(s_axis_${k}_tlast)`,
    );
    const sinks = own.outputs.map(
      ({ name, bytes }, k) =>
        `.${name}_tready(m_axis_${k}_tready && select == ${i}), .${name}_tvalid(m_valid_${k}[${i}]), ` +
        `.${name}_tlast(m_last_${k}[${i}]), .${name}_tdata(m_data_${k}[${32 * i}+:${8 * bytes}])`,
    );
    const missing = [
      ...inputs.slice(own.inputs.length).map((_, k) => `assign s_ready_${own.inputs.length + k}[${i}] = 1'b0;`),
      ...outputs.slice(own.outputs.length).map((_, k) => `assign m_valid_${own.outputs.length + k}[${i}] = 1'b0;`),
    ];
    return `  d${i} d${i}_i (.clk(clk), .rst(rst), ${[...sources, ...sinks].join(",\n    ")});
  ${missing.join(" ")}`;
  });
  const bits = Math.max(1, Math.ceil(Math.log2(count)));
  return `/* verilator lint_off UNUSED */
/* verilator lint_off UNDRIVEN */
module bench (input wire clk, input wire rst, input wire [7:0] select,
${[
  ...inputs.map(
    ({ name }) =>
      `  input wire [31:0] ${name}_tdata, input wire ${name}_tvalid, output wire ${name}_tready, input wire ${name}_tlast`,
  ),
  ...outputs.map(
    ({ name }) =>
      `  output wire [31:0] ${name}_tdata, output wire ${name}_tvalid, input wire ${name}_tready, output wire ${name}_tlast`,
  ),
].join(",\n")});
  wire [${bits - 1}:0] which = select[${bits - 1}:0];
${inputs
  .map((_, k) => `  wire [${count - 1}:0] s_ready_${k};\n  assign s_axis_${k}_tready = s_ready_${k}[which];`)
  .join("\n")}
${outputs
  .map(
    (_, k) => `  wire [${count - 1}:0] m_valid_${k}, m_last_${k};
  wire [${32 * count - 1}:0] m_data_${k};
  assign m_axis_${k}_tvalid = m_valid_${k}[which];
  assign m_axis_${k}_tlast = m_last_${k}[which];
  assign m_axis_${k}_tdata = m_data_${k}[32*which+:32];`,
  )
  .join("\n")}
${instances.join("\n")}
endmodule
`;
}
