/** Streams of 1 to 32 bits, several inputs and outputs: every stage against the interpreter. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { interpret, outputsOf } from "../../compiler/interpreter/interpreter.js";
import { buildVerilator } from "../../compiler/verify/engines/verilator.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { streamPorts } from "../../targets/verilog/ports.js";
import type { Design } from "./bench.js";
import { Random, randomInput, toBytes } from "./graphs.js";
import { digits, runIcarus } from "./icarus.js";
import { networks } from "./networks.js";
import { widthDesigns } from "./widths.js";

const inferences = 3;

function inputsOf({ graph }: Design, seed: number): Int32Array[][] {
  const random = new Random(seed);
  return Array.from({ length: inferences }, () => graph.inputs.map((input) => randomInput(random, input)));
}

describe("in Icarus Verilog, with random stalls", () => {
  const cases = [...networks, ...widthDesigns].map((design, index) => [design.title, design, index] as const);
  it.each(cases)(
    "%s",
    async (_, design, index) => {
      const { graph } = design;
      const inputs = inputsOf(design, 900 + index);
      const expected = inputs.map((codes) => outputsOf(graph, codes));
      const got = await runIcarus(design, inputs, index + 1);
      for (const [i, port] of streamPorts(graph).outputs.entries()) {
        const beats = expected.flatMap((outputs) => Array.from(outputs[i]!, (code) => digits(code, port)));
        expect(got[i]!.join(" "), `${port.name}, ${port.type}, of ${port.tensor}`).toBe(beats.join(" "));
      }
    },
    120_000,
  );
});

describe("in Verilator", () => {
  it("bytes of all inputs and outputs in a row, and the traces of wide tensors", async () => {
    const design = networks[0]!;
    const { graph } = design;
    const workDir = await mkdtemp(join(tmpdir(), "qc-ports-"));
    try {
      const simulator = await buildVerilator(emitVerilog(graph), { workDir, trace: true });
      const inputs = inputsOf(design, 5);
      const bytes = (tensors: typeof graph.inputs, codes: readonly Int32Array[]) =>
        new Uint8Array(Buffer.concat(codes.map((values, i) => toBytes(values, tensors[i]!))));
      const { outputs, trace } = await simulator.run(
        inputs.map((codes) => bytes(graph.inputs, codes)),
        { stallSeed: 3 },
      );
      expect(outputs).toEqual(inputs.map((codes) => bytes(graph.outputs, outputsOf(graph, codes))));
      const truth = inputs.map((codes) => interpret(graph, codes));
      for (const tensor of [...graph.inputs, ...graph.nodes.map(({ output }) => output)]) {
        const all = truth.map((values) => toBytes(values.get(tensor.id)!, tensor));
        expect(trace.get(tensor.id), tensor.name).toEqual(new Uint8Array(Buffer.concat(all)));
      }
    } finally {
      await rm(workDir, { recursive: true });
    }
  }, 180_000);
});
