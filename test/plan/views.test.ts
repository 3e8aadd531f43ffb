/** Slices that lie within their source, and what is joined in its place: fewer bytes, no code, and no wrong place unnoticed. */
import { describe, expect, it } from "vitest";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { runPlan } from "../../compiler/interpreter/run-plan.js";
import type { IntegerGraph } from "../../compiler/ir/integer-graph.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import type { Plan } from "../../compiler/plan/plan.js";
import { isInPlace } from "../../compiler/plan/views.js";
import { emitC } from "../../targets/c/emit.js";
import { GraphBuilder, Random, randomInput } from "../hdl/graphs.js";
import { core } from "../runtime-c/run.js";

const values = Int16Array.from({ length: 256 }, (_, i) => ((i * 7) & 255) - 128);
const table = { low: -128, values };
const inputsOf = (graph: IntegerGraph) => graph.inputs.map((tensor) => randomInput(new Random(1), tensor));

function check(plan: Plan): void {
  const inputs = inputsOf(plan.graph);
  expect(runPlan(plan, inputs)).toEqual(outputsOf(plan.graph, inputs));
}

/** Inputs of each node that lie in place, as "node: inputs". */
const inPlace = (plan: Plan) =>
  plan.graph.nodes.flatMap((node, index) => {
    const found = [...node.inputs.keys()].filter((i) => isInPlace(plan, node, i));
    return found.length > 0 ? [`${index}: ${found}`] : [];
  });

/** Two halves of an input, each through a table, joined in the other order. */
function halves(bytes: number): IntegerGraph {
  const b = new GraphBuilder();
  const x = b.tensor([1, 2 * bytes]);
  const slice = (offset: number) => b.node("strided", [x], [1, bytes], { dims: [bytes], strides: [1], offset });
  const parts = [slice(bytes), slice(0)].map((part) => b.node("table", [part], [1, bytes], table));
  return b.graph("halves", x, b.node("concat", parts, [1, 2 * bytes], { axis: 1 }));
}

describe("parts of tensors in place", () => {
  it("neither slices nor joined parts are copied", () => {
    const plan = makePlan(halves(16));
    check(plan);
    expect(inPlace(plan)).toEqual(["0: 0", "1: 0", "4: 0,1"]);
    expect(plan.arenaBytes).toBe(64);
    const text = emitC(plan, core("cortex-m4")).get("model.c")!;
    expect(text).not.toMatch(/qc_concat|qc_strided/);
  });

  it("but copied where kernels would see addresses of no alignment", () => {
    const plan = makePlan(halves(12));
    check(plan);
    // Only the first of the parts, and the slice from the start on, begin at a multiple of 8.
    expect(inPlace(plan)).toEqual(["1: 0", "4: 0"]);
  });

  it("a tensor that is joined twice is in place once, and a part of a part lies in both", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 8]);
    const y = b.node("table", [x], [1, 8], table);
    const inner = b.node("concat", [y, x, y], [1, 24], { axis: 1 });
    const outer = b.node("concat", [x, inner], [1, 32], { axis: 1 });
    const plan = makePlan(b.graph("nested", x, outer));
    check(plan);
    expect(inPlace(plan)).toEqual(["1: 0,1", "2: 1"]);
    expect(plan.arenaBytes).toBe(32);
  });

  it("an input joined under one name is there under its other names", () => {
    const b = new GraphBuilder();
    const x = b.tensor([8]);
    const names = [0, 1].map(() => b.node("reshape", [x], [1, 8], {}));
    const plan = makePlan(b.graph("names", x, b.node("concat", names, [1, 16], { axis: 1 })));
    check(plan);
    expect(inPlace(plan)).toEqual(["0: 0", "1: 0", "2: 0"]);
    expect(plan.arenaBytes).toBe(16);
  });

  it("copies where a long wait in place would take more bytes than there are", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 8]);
    const wide = b.node("strided", [x], [1, 512], { dims: [64, 8], strides: [0, 1], offset: 0 });
    const y = b.node("table", [wide], [1, 512], table);
    const few = b.node("strided", [y], [1, 8], { dims: [8], strides: [64], offset: 0 });
    const long = b.node("strided", [few], [1, 256], { dims: [32, 8], strides: [0, 1], offset: 0 });
    const graph = b.graph("waits", x, b.node("concat", [x, long], [1, 264], { axis: 1 }));
    const fast = makePlan(graph);
    const small = makePlan(graph, { optimize: "memory" });
    for (const plan of [fast, small]) check(plan);
    expect(inPlace(fast)).toEqual(["4: 0,1"]);
    expect(inPlace(small)).toEqual([]);
    expect(small.arenaBytes).toBeLessThan(fast.arenaBytes);
  });

  it("overlapping slices do not overwrite one another", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 24]);
    const slice = (offset: number) => b.node("strided", [x], [1, 16], { dims: [16], strides: [1], offset });
    const codes = Int32Array.from({ length: 256 }, (_, i) => i - 128);
    const maximum = { kind: "max", aLow: -128, bLow: -128, a: codes, b: codes };
    const largest = b.node("extremum", [slice(0), slice(8)], [1, 16], maximum);
    const plan = makePlan(b.graph("overlap", x, largest));
    check(plan);
    expect(inPlace(plan)).toEqual(["0: 0", "1: 0"]);
    expect(plan.arenaBytes).toBe(24 + 16);
  });

  it("nor is a source overwritten while its first element, broadcast, is read again", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 24]);
    const codes = Int32Array.from({ length: 256 }, (_, i) => i - 128);
    const maximum = { kind: "max", aLow: -128, bLow: -128, a: codes, b: codes };
    const copy = b.node("table", [x], [1, 24], table);
    const first = b.node("strided", [copy], [1, 1], { dims: [1], strides: [1], offset: 0 });
    const plan = makePlan(b.graph("broadcast", x, b.node("extremum", [copy, first], [1, 24], maximum)));
    check(plan);
    expect(inPlace(plan)).toEqual(["1: 0"]);
    expect(plan.arenaBytes).toBe(24 + 24);
  });

  it("every wrong place is noticed", () => {
    const plan = makePlan(halves(16));
    const inputs = inputsOf(plan.graph);
    for (const { output } of plan.graph.nodes.slice(0, 4)) {
      for (const wrong of [-8, 8]) {
        const offsets = new Map(plan.offsets).set(output.id, plan.offsets.get(output.id)! + wrong);
        expect(() => runPlan({ ...plan, offsets }, inputs), `tensor ${output.id}`).toThrow(/QC3004/);
      }
    }
  });
});
