/** The last rung: the netlist that yosys makes for iCE40 computes what its Verilog computes, under stalls. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { interpret } from "../../compiler/interpreter/interpreter.js";
import { buildVerilator } from "../../compiler/verify/engines/verilator.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { streamPorts } from "../../targets/verilog/ports.js";
import { designs } from "./designs.js";
import { Random, randomInput, toBytes } from "./graphs.js";

/** Cell models, with the default values of inputs taken out: Verilator does not read them. */
async function cellModels(): Promise<string> {
  const { stdout } = await execa("sh", ["-c", "command -v yosys"]);
  const text = await readFile(join(dirname(stdout), "../share/yosys/ice40/cells_sim.v"), "utf8");
  return `\`define NO_ICE40_DEFAULT_ASSIGNMENTS\n${text.replaceAll(/ = 16'h 0000,/g, ",")}`;
}

// A window with weights in block memory, and sums that are read and written in the same cycle.
it.each(["conv along one row", "global average of two channels, thresholds"])(
  "%s, as iCE40 cells",
  async (title) => {
    const design = designs.find((candidate) => candidate.title === title)!;
    const workDir = await mkdtemp(join(tmpdir(), "qc-netlist-"));
    try {
      for (const [path, text] of emitVerilog(design.graph, design)) await writeFile(join(workDir, path), text);
      await execa("yosys", ["-q", "-p", "script synth_ice40.ys; write_verilog -noattr netlist.v"], { cwd: workDir });
      const files = new Map([
        ["netlist.v", await readFile(join(workDir, "netlist.v"), "utf8")],
        ["cells.v", await cellModels()],
      ]);
      const ports = streamPorts(design.graph);
      const simulator = await buildVerilator(files, {
        workDir: join(workDir, "netlist"),
        top: "model",
        netlist: true,
        ports,
      });
      const random = new Random(9);
      const output = design.graph.outputs[0]!;
      const inputs = Array.from({ length: 3 }, () => randomInput(random, design.graph.inputs[0]!));
      const result = await simulator.run(
        inputs.map((codes) => toBytes(codes)),
        {
          stallSeed: 5,
          idleLimit: 20_000,
        },
      );
      expect(result.outputs).toEqual(inputs.map((input) => toBytes(interpret(design.graph, [input]).get(output.id)!)));
    } finally {
      await rm(workDir, { recursive: true });
    }
  },
  180_000,
);
