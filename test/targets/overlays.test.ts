/** Rows of depthwise layers written over rows of their inputs: by every core's kernels the interpreter's bytes, and nearer ones are noticed. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { runPlan } from "../../compiler/interpreter/run-plan.js";
import { candidatesOf, stripsOf } from "../../compiler/plan/candidates.js";
import { inputPlaces } from "../../compiler/plan/input-places.js";
import { planOf } from "../../compiler/plan/make-plan.js";
import type { Plan } from "../../compiler/plan/plan.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { verifyTarget } from "../../compiler/verify/verify.js";
import type { Core } from "../../targets/core.js";
import { findTarget } from "../../targets/index.js";
import { ModelBuilder } from "../helpers/onnx.js";
import { core } from "../runtime-c/run.js";

/** Depthwise layers of all kernels that rows have, between pointwise ones; the third moves two columns at a time. */
const compilation = (() => {
  const b = new ModelBuilder(5);
  const affine = () => ({ scale: 0.03 + b.random.next() * 0.04, zeroPoint: b.random.integer(-20, 20) });
  const conv = (x: string, shape: readonly number[], attributes: Record<string, unknown>) =>
    b.qdq(b.node("Conv", [x, b.weights([...shape]), b.bias(shape[0]!)], attributes as never), affine());
  let x = b.node("Transpose", [b.qdq(b.input([1, 14, 13, 3]), affine())], { perm: [0, 3, 1, 2] });
  let channels = 3;
  for (const { kernel, stride, next } of [
    { kernel: 3, stride: 1, next: 16 },
    { kernel: 5, stride: 1, next: 24 },
    { kernel: 3, stride: 2, next: 12 },
    { kernel: 7, stride: 1, next: 8 },
  ]) {
    const pads = new Array<number>(4).fill((kernel - 1) / 2);
    x = conv(x, [next, channels, 1, 1], {});
    x = conv(x, [next, 1, kernel, kernel], { group: next, pads, strides: [stride, stride] });
    channels = next;
  }
  x = conv(x, [4, channels, 1, 1], {});
  return compile(b.output(b.node("Transpose", [x], { perm: [0, 2, 3, 1] })).bytes());
})();
const { integerGraph } = compilation;
/** With code of its own for every depthwise layer, where a core has such. */
const graph = {
  ...integerGraph,
  nodes: integerGraph.nodes.map((node) => ({
    ...node,
    attributes: Object.assign({}, node.attributes, { ownCode: true }),
  })),
};
const vectors = seededSets(graph.inputs, 2, 7);
const expected = vectors.map((codes) => outputsOf(graph, codes));
const places = inputPlaces(graph, { externalInput: true });

/** All layers as one step, by rows; with as many overlays as there can be. */
function wholePlan(target?: Core): Plan {
  const all = candidatesOf(graph, places, target).filter(({ first, end }) => first === 0 && end === graph.nodes.length);
  const steps = all.flatMap(({ measure }) => measure?.() ?? []);
  const most = steps.reduce((a, b) => (b.group!.overlays.size > a.group!.overlays.size ? b : a));
  return planOf(graph, [most], places, target);
}

/** The same in strips. */
function stripPlan(): Plan {
  const steps = stripsOf(graph, places, undefined, Infinity);
  return planOf(graph, [steps.find(({ first, end }) => first === 0 && end === graph.nodes.length)!], places);
}

describe("rows that overwrite others", () => {
  it.each([
    ["host", 4],
    ["cortex-m4", 4],
    // Vectors take eight channels.
    ["cortex-m55", 3],
    ["rv32imc", 4],
    ["cortex-m0plus", 4],
  ] as const)(
    "%s, %s layers",
    async (target, layers) => {
      const plan = wholePlan(core(target));
      expect(plan.overlays.size).toBe(layers);
      const verdict = await verifyTarget({ ...compilation, plan }, findTarget(target), vectors, expected, { seed: 1 });
      expect(verdict.equal).toBe(true);
    },
    300_000,
  );

  it.each([
    ["of whole rows", wholePlan()],
    ["in strips", stripPlan()],
  ] as const)("a pixel nearer are noticed on tagged memory, %s", (_, plan) => {
    expect(vectors.map((codes) => runPlan(plan, codes))).toEqual(expected);
    expect(plan.overlays.size).toBeGreaterThan(2);
    for (const [id, { under, lead }] of plan.overlays) {
      const channels = graph.tensors[id]!.shape.at(-1)!;
      if (lead === 0) continue;
      const overlays = new Map(plan.overlays).set(id, { under, lead: lead - channels });
      expect(() => runPlan({ ...plan, overlays }, vectors[0]!), graph.tensors[id]!.name).toThrow(/QC3004/);
    }
  });

  it("over a row that is still needed are noticed", () => {
    const plan = wholePlan();
    const steps = plan.steps.map((step) =>
      step.kind === "node"
        ? step
        : {
            ...step,
            events: step.events.map((event) =>
              event.kind === "compute" && event.over ? { ...event, over: { row: 1, early: true } } : event,
            ),
          },
    );
    expect(() => runPlan({ ...plan, steps }, vectors[0]!)).toThrow(/QC3004/);
  });
});
