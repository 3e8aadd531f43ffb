/** Kernels of less scratch where memory is short: smaller plans, equal outputs on tagged memory and on an emulated core. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { runPlan } from "../../compiler/interpreter/run-plan.js";
import { leastScratch } from "../../compiler/plan/forms.js";
import { makePlan, type PlanOptions } from "../../compiler/plan/make-plan.js";
import type { Plan } from "../../compiler/plan/plan.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { verifyTarget } from "../../compiler/verify/verify.js";
import { ModelBuilder } from "../helpers/onnx.js";
import { core } from "../runtime-c/run.js";

/** Convolutions on shrinking images whose results fill their types, as the kernels for packed multiplies want. */
function network(): ModelBuilder {
  const b = new ModelBuilder(5);
  const affine = () => ({ scale: 0.2 + b.random.next() * 0.1, zeroPoint: b.random.integer(-20, 20) });
  const conv = (x: string, shape: readonly number[], attributes: Record<string, unknown>) =>
    b.qdq(b.node("Conv", [x, b.weights([...shape]), b.bias(shape[0]!)], attributes as never), affine());
  const pads = [1, 1, 1, 1];
  const image = b.qdq(b.input([1, 16, 13, 4]), { scale: 0.05, zeroPoint: 3 });
  const x = b.node("Transpose", [image], { perm: [0, 3, 1, 2] });
  const wide = conv(x, [12, 4, 3, 3], { pads });
  const depth = conv(wide, [12, 1, 3, 3], { group: 12, pads });
  const narrow = conv(depth, [8, 12, 3, 3], { pads, strides: [2, 2] });
  const late = conv(narrow, [16, 8, 3, 3], { pads, strides: [2, 2] });
  return b.output(conv(late, [4, 16, 3, 3], {}));
}

const m4 = core("cortex-m4");
const compilation = compile(network().bytes());
const { integerGraph: graph } = compilation;
const vectors = seededSets(graph.inputs, 2, 11);
const expected = vectors.map((codes) => outputsOf(graph, codes));

/** Which nodes a plan has by another form than the graph. */
const changed = (plan: Plan) => {
  const given = new Map(graph.nodes.map((node) => [node.output, node.attributes]));
  return plan.graph.nodes.filter(({ output, attributes }) => given.get(output) !== attributes);
};

const planFor = (options: PlanOptions) => makePlan(graph, { core: m4, ...options });

describe("forms of less scratch", () => {
  const smallest = planFor({ optimize: "memory" });
  const frugal = makePlan(leastScratch(graph, m4)!.graph, { core: m4, optimize: "memory" });

  it("are what the smallest plan has where it needs them, and nowhere else", () => {
    expect(smallest.arenaBytes).toBe(frugal.arenaBytes);
    const { length } = changed(smallest);
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(changed(frugal).length);
  });

  it("are taken by none of the nodes of a plan that fits without them", () => {
    expect(changed(planFor({}))).toEqual([]);
    // One byte less than the smallest plan by the fastest kernels.
    const fastest = [...Array(64)].map((_, i) => planFor({ sramBytes: smallest.arenaBytes + 64 * i }));
    const needed = fastest.findIndex((plan) => changed(plan).length === 0);
    expect(needed).toBeGreaterThan(0);
    for (const plan of fastest.slice(0, needed)) expect(changed(plan).length).toBeGreaterThan(0);
    fastest.forEach((plan, i) => {
      expect(plan.arenaBytes).toBeLessThanOrEqual(smallest.arenaBytes + 64 * i);
    });
  });

  it.each([
    ["the smallest plan", { optimize: "memory" }],
    ["rows handed over", { optimize: "memory", streamInput: true }],
    ["a plan between", { sramBytes: smallest.arenaBytes + 128 }],
  ] as const)("give the interpreter's outputs: %s", async (_, options) => {
    const plan = planFor(options);
    vectors.forEach((codes, i) => {
      expect(runPlan(plan, codes)).toEqual(expected[i]);
    });
    expect((await verifyTarget({ ...compilation, plan }, m4, vectors, expected, { seed: 1 })).equal).toBe(true);
  });
});
