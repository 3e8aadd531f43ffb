/** One list of small models through everything: a plain definition, the passes, the interpreter, C and Verilog. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { numericsByName } from "../../compiler/arith/numerics.js";
import { compile } from "../../compiler/compile.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerGraph, IntegerTensor } from "../../compiler/ir/index.js";
import { lower } from "../../compiler/passes/lower.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { buildVerilator } from "../../compiler/verify/engines/verilator.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { predictedInterval } from "../../targets/verilog/cycles.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { defaultFoldings } from "../../targets/verilog/folding.js";
import { type Bench, buildBench, stallPatterns } from "../hdl/bench.js";
import { Random, randomInput } from "../hdl/graphs.js";
import type { ModelBuilder } from "../helpers/onnx.js";
import { Random as CRandom } from "../runtime-c/random.js";
import { core, differences, inFolder, inputSets } from "../runtime-c/run.js";

export interface Case {
  readonly title: string;
  readonly model: ModelBuilder;
  /** Codes of every output from the codes of the input, by a definition written in the test. */
  readonly plain?: ((codes: readonly number[]) => readonly (readonly number[])[]) | undefined;
  /** Shapes of the outputs. */
  readonly shapes?: readonly (readonly number[])[] | undefined;
}

const exact = numericsByName.get("exact")!;

/** The graph as it was read, before every pass. */
const unfolded = (model: ModelBuilder) => lower(importModel(model.bytes(), "test"), exact);

/** Row-major index of every element of `dims` as coordinates. */
export function coordinates(dims: readonly number[]): number[][] {
  const count = dims.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, k) => {
    let rest = k;
    const at = dims.map(() => 0);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at[axis] = rest % dims[axis]!;
      rest = (rest - at[axis]!) / dims[axis]!;
    }
    return at;
  });
}

/** Element `at` of a row-major tensor. */
export function element<T>(values: readonly T[], dims: readonly number[], at: readonly number[]): T {
  return values[at.reduce((index, i, axis) => index * dims[axis]! + i, 0)]!;
}

/** A tensor of `dims` by coordinates. */
export function tensor(dims: readonly number[], value: (at: readonly number[]) => number): number[] {
  return coordinates(dims).map(value);
}

const inputsFor = (input: IntegerTensor, runs: number) => {
  const random = new Random(7);
  return Array.from({ length: runs }, () => randomInput(random, input));
};

const list = (outputs: readonly Int32Array[]) => outputs.map((codes) => Array.from(codes));

/** All checks of a list of cases. */
export function describeCases(cases: readonly Case[]): void {
  describe("the interpreter equals the plain definition, before and after the passes", () => {
    it.each(cases)("$title", ({ model, plain, shapes }) => {
      const before = unfolded(model);
      const after = compile(model.bytes()).integerGraph;
      if (shapes) expect(before.outputs.map(({ shape }) => [...shape])).toEqual(shapes);
      expect(after.outputs.map(({ shape }) => [...shape])).toEqual(before.outputs.map(({ shape }) => [...shape]));
      for (const codes of inputsFor(before.inputs[0]!, 3)) {
        const expected = list(outputsOf(before, [codes]));
        if (plain) expect(expected).toEqual(plain(Array.from(codes)));
        expect(list(outputsOf(after, [codes]))).toEqual(expected);
      }
    });
  });

  describe("C equals the interpreter under sanitizers", () => {
    it("all cases in one program", async () => {
      const graph = joined(cases.map(({ model }) => compile(model.bytes()).integerGraph));
      expect(await differences(graph, core("host"), inputSets(graph, new CRandom(3), 4))).toEqual([]);
    }, 300_000);
  });

  describe("Verilog equals the interpreter under stalls", () => {
    const designs = cases.map(({ title, model }) => ({ title, graph: compile(model.bytes()).integerGraph }));
    let bench: Bench;
    beforeAll(async () => {
      bench = await buildBench(designs);
    }, 900_000);
    afterAll(() => bench?.close());
    it.each(designs.map(({ title }, index) => [title, index] as const))("%s", async (_, index) => {
      for (const stall of stallPatterns) {
        const { expected, got } = await bench.compare(index, stall);
        expect(got.toString("hex"), stall).toBe(expected.toString("hex"));
      }
    });
  });
}

/** Cycles between inferences without stalls, predicted and simulated, of a graph with one input and one output. */
export async function intervals(model: ModelBuilder): Promise<{ predicted: number; simulated: number | undefined }> {
  const graph = compile(model.bytes()).integerGraph;
  const folding = defaultFoldings(graph);
  return inFolder(async (workDir) => {
    const simulator = await buildVerilator(emitVerilog(graph, { folding }), { workDir });
    const inputs = seededSets(graph.inputs, 6, 7).map((codes) => setToBytes(codes, graph.inputs));
    const { interval } = await simulator.run(inputs);
    return { predicted: predictedInterval(graph, folding), simulated: interval };
  });
}

/** Several graphs side by side as one. */
export function joined(graphs: readonly IntegerGraph[]): IntegerGraph {
  const tensors: IntegerTensor[] = [];
  const parts = graphs.map((graph, part) => {
    const placed = new Map<IntegerTensor, IntegerTensor>();
    for (const tensor of graph.tensors) {
      const copy = { ...tensor, id: tensors.length, name: `g${part}_${tensor.name}` };
      tensors.push(copy);
      placed.set(tensor, copy);
    }
    const swap = (list: readonly IntegerTensor[]) => list.map((tensor) => placed.get(tensor)!);
    const nodes = graph.nodes.map((node) => ({
      ...node,
      name: `g${part}_${node.name}`,
      inputs: swap(node.inputs),
      output: placed.get(node.output)!,
    }));
    return { nodes, inputs: swap(graph.inputs), outputs: swap(graph.outputs) };
  });
  return {
    name: "cases",
    numerics: "exact",
    inputs: parts.flatMap(({ inputs }) => inputs),
    outputs: parts.flatMap(({ outputs }) => outputs),
    tensors,
    nodes: parts.flatMap(({ nodes }) => nodes),
  };
}
