/** Liveness and plans of whole graphs. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerTensor } from "../../compiler/ir/integer-graph.js";
import { printForm } from "../../compiler/ir/print.js";
import { checkFit } from "../../compiler/plan/fit.js";
import { buffersOf } from "../../compiler/plan/liveness.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { arenaAlignment } from "../../compiler/plan/plan.js";
import { findTarget, packagePath } from "../../targets/index.js";
import { GraphBuilder, Random, randomInput } from "../hdl/graphs.js";
import { ModelBuilder, oneOp, smallNetwork } from "../helpers/onnx.js";
import { randomModel } from "../helpers/random-model.js";
import { runTagged } from "./tagged-memory.js";

const table = { low: -128, values: new Int16Array(256) };

describe("liveness", () => {
  /** Buffers as "start-end: tensor ids". */
  const lives = (b: GraphBuilder, input: IntegerTensor, output: IntegerTensor) =>
    buffersOf(b.graph("g", input, output)).map(
      ({ start, end, tensors }) => `${start}-${end}: ${tensors.map(({ id }) => id)}`,
    );

  it("an elementwise result takes the place of an input that dies", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 16]);
    const y = b.node("table", [x], [1, 16], table);
    expect(lives(b, x, b.node("table", [y], [1, 16], table))).toEqual(["-1-2: 0,1,2"]);
  });

  it("but not of an input that is read again", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 16]);
    const y = b.node("table", [x], [1, 16], table);
    const sum = b.node("add", [y, x], [1, 16], {});
    expect(lives(b, x, sum)).toEqual(["-1-1: 0", "0-2: 1,2"]);
  });

  it("an alias keeps its source alive, also through another alias", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 16]);
    const flat = b.node("reshape", [x], [16], {});
    const again = b.node("reshape", [flat], [4, 4], {});
    const t = b.node("table", [x], [1, 16], table);
    const moved = b.node("transpose", [again], [4, 4], { permutation: [1, 0] });
    b.node("add", [moved, moved], [4, 4], {});
    // x must outlive step 3, where its alias is read, so the table at step 2 gets a buffer of its own.
    expect(lives(b, x, t)).toEqual(["-1-3: 0,1,2", "2-5: 3", "3-4: 4,5"]);
  });

  it("an output lives to the end, an unused result for its step, and sizes are aligned", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 3]);
    b.node("transpose", [x], [3, 1], { permutation: [1, 0] });
    const out = b.node("transpose", [x], [3, 1], { permutation: [1, 0] });
    const graph = b.graph("g", x, out);
    expect(lives(b, x, out)).toEqual(["-1-1: 0", "0-0: 1", "1-2: 2"]);
    expect(buffersOf(graph).map(({ bytes }) => bytes)).toEqual([8, 8, 8]);
    expect(makePlan(graph)).toMatchObject({ arenaBytes: 16, lowerBound: 16 });
  });
});

describe("plans run on tagged memory", () => {
  it("random graphs", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { plan, integerGraph } = compile(randomModel(seed, 4 + (seed % 9)).bytes(), { name: `seed${seed}` });
      const inputs = integerGraph.inputs.map((tensor) => randomInput(new Random(seed), tensor));
      expect(runTagged(plan, inputs), `seed ${seed}`).toEqual(outputsOf(integerGraph, inputs));
      expect(plan.arenaBytes % arenaAlignment).toBe(0);
      expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.lowerBound);
      expect(makePlan(integerGraph)).toEqual(plan);
    }
  });

  it("the example network", () => {
    const { plan, integerGraph } = compile(
      readFileSync(packagePath("examples", "fashion-mnist", "fashion-mnist.onnx")),
    );
    const input = randomInput(new Random(1), integerGraph.inputs[0]!);
    expect(runTagged(plan, [input])).toEqual(outputsOf(integerGraph, [input]));
    expect(plan.arenaBytes).toBe(plan.lowerBound);
  });

  it("notice a plan that is wrong", () => {
    const { plan, integerGraph } = compile(smallNetwork().bytes());
    const input = randomInput(new Random(1), integerGraph.inputs[0]!);
    const offsets = new Map(plan.offsets);
    const residual = integerGraph.nodes.at(-1)!.output.id;
    for (const id of offsets.keys()) if (id !== residual) offsets.set(id, 0);
    expect(() => runTagged({ ...plan, offsets }, [input])).toThrow(/writes over its input|reads byte/);
  });
});

describe("printed plans", () => {
  it("list offsets, arena and bound", () => {
    const model = oneOp([1, 4], (b, x) => b.node("MatMul", [x, b.weights([4, 2])]));
    expect(printForm(compile(model.bytes(), { name: "m" }).plan)).toMatch(
      /^plan m arena=16 bound=16\n {9}0 {2}%0: int8\[1,4\] in -128\.\.127\n {9}8 {2}%1: int8\[1,2\] in -?\d+\.\.-?\d+\n$/,
    );
  });
});

describe("fit", () => {
  const model = new ModelBuilder();
  const q = { scale: 0.1, zeroPoint: 0 };
  const x = model.qdq(model.input([1, 100]), q);
  const plan = compile(
    model.output(model.quantize(model.node("MatMul", [x, model.weights([100, 7])], {}, { name: "fc" }), q)).bytes(),
  ).plan;
  const host = findTarget("host");

  it("names node, tensors and bytes when the arena is too large", () => {
    expect(() => checkFit(plan, host, { sramBytes: 100 })).toThrow(
      /^QC4002 'fc' does not fit: the arena takes 112 bytes, 12 more than the 100 available; alive together at the peak: '[^']+' 100 bytes, '[^']+' 7 bytes\./,
    );
  });
  it("names the largest layer when the weights are too large", () => {
    expect(() => checkFit(plan, host, { flashBytes: 700 })).toThrow(
      /'fc' .*the weights alone take 728 bytes of flash, 28 more than the 700/,
    );
  });
  it("is silent when both fit exactly, and limits come from the target unless given", () => {
    checkFit(plan, host, { sramBytes: 112, flashBytes: 728 });
    checkFit(plan, findTarget("cortex-m4"), {});
    checkFit(plan, findTarget("verilog"), {});
  });
});
