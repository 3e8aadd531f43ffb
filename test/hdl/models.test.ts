/** Whole networks in Verilator under random stalls, byte for byte, at the predicted pace. Needs the shared data. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { buildVerilator } from "../../compiler/verify/engines/verilator.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { predictedInterval } from "../../targets/verilog/cycles.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { defaultFoldings } from "../../targets/verilog/folding.js";
import { dataPath, describeWithData } from "../helpers/data.js";

// The tflite family needs the sign form and its own softmax.
const models = [
  ["ad01_int8", "exact"],
  ["kws01_dscnn_int8", "tflite"],
  ["ic01_resnet8_int8", "tflite"],
  ["vww01_mobilenetv1_025_int8", "exact"],
] as const;

describeWithData("MLPerf Tiny in Verilator", () => {
  it.each(models)("%s under %s", async (model, numerics) => {
    const graph = compile(readFileSync(dataPath("mlperf-tiny", `${model}.onnx`)), { numerics }).integerGraph;
    const folding = defaultFoldings(graph);
    const workDir = mkdtempSync(join(tmpdir(), "qc-model-"));
    try {
      const simulator = await buildVerilator(emitVerilog(graph, { folding }), { workDir });
      const sets = seededSets(graph.inputs, 3, 7);
      const inputs = sets.map((codes) => setToBytes(codes, graph.inputs));
      const expected = sets.map((codes) => setToBytes(outputsOf(graph, codes), graph.outputs));
      const free = await simulator.run(inputs);
      expect(free.outputs).toEqual(expected);
      expect(free.interval).toBe(predictedInterval(graph, folding));
      const stalled = await simulator.run(inputs, { stallSeed: 3 });
      expect(stalled.outputs).toEqual(expected);
    } finally {
      rmSync(workDir, { recursive: true });
    }
  });
});
