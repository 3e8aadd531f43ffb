/** Builds many small designs into one simulator and compares their output bytes with the interpreter's. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interpret } from "../../compiler/interpreter/interpreter.js";
import { elementCount, type IntegerGraph } from "../../compiler/ir/index.js";
import { buildVerilator, type Simulator } from "../../compiler/verify/engines/verilator.js";
import { emitVerilog, type VerilogOptions } from "../../targets/verilog/emit.js";
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
const ports = [
  "s_axis_tdata",
  "s_axis_tvalid",
  "s_axis_tready",
  "s_axis_tlast",
  "m_axis_tdata",
  "m_axis_tvalid",
  "m_axis_tready",
  "m_axis_tlast",
];

/** One build for all designs: a wrapper connects the design number `select` to the bench. */
export async function buildBench(designs: readonly Design[]): Promise<Bench> {
  const files = new Map<string, string>();
  designs.forEach((design, index) => {
    for (const [path, text] of emitVerilog(design.graph, { ...design, name: `d${index}` })) files.set(path, text);
  });
  files.set("bench.v", wrapper(designs.length));
  const workDir = await mkdtemp(join(tmpdir(), "qc-hdl-"));
  const simulator: Simulator = await buildVerilator(files, { workDir, top: "bench", select: true });
  return {
    files,
    async compare(index, stall) {
      const { graph } = designs[index]!;
      const random = new Random(1000 + index);
      const inputs = Array.from({ length: inferences }, () => randomInput(random, graph.inputs[0]!));
      const output = graph.outputs[0]!;
      const expected = inputs.map((input) => toBytes(interpret(graph, [input]).get(output.id)!));
      const result = await simulator.run(inputs.map(toBytes), {
        outputBytes: elementCount(output.shape),
        select: index,
        idleLimit: 20_000,
        ...(stall === "none" ? {} : { stall, stallSeed: index + 1 }),
      });
      return { expected: Buffer.concat(expected), got: Buffer.concat(result.outputs) };
    },
    close: () => rm(workDir, { recursive: true }),
  };
}

function wrapper(count: number): string {
  const names = Array.from({ length: count }, (_, i) => `d${i}`);
  const bits = Math.max(1, Math.ceil(Math.log2(count)));
  const gate = (
    name: string,
    i: number,
  ) => `  ${name} ${name}_i (.clk(clk), .rst(rst), .s_axis_tvalid(s_axis_tvalid && select == ${i}), .s_axis_tready(ready[${i}]),
    .s_axis_tdata(s_axis_tdata), .s_axis_tlast(s_axis_tlast), .m_axis_tready(m_axis_tready && select == ${i}),
    .m_axis_tvalid(valid[${i}]), .m_axis_tlast(last[${i}]), .m_axis_tdata(data[8*${i}+:8]));`;
  return `module bench (input wire clk, input wire rst, input wire [7:0] select,
${ports.map((port) => `  ${/ready$/.test(port) === port.startsWith("m") ? "input" : "output"} wire ${port.endsWith("tdata") ? "[7:0] " : ""}${port}`).join(",\n")});
  wire [${count - 1}:0] ready, valid, last;
  wire [${8 * count - 1}:0] data;
${names.map(gate).join("\n")}
  wire [${bits - 1}:0] which = select[${bits - 1}:0];
  assign s_axis_tready = ready[which];
  assign m_axis_tvalid = valid[which];
  assign m_axis_tlast = last[which];
  assign m_axis_tdata = data[8*which+:8];
endmodule
`;
}
