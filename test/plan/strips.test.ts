/** Strips of columns: the interpreter's bytes on memory whose bytes know their owner, and wrong strips are noticed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { runPlan } from "../../compiler/interpreter/run-plan.js";
import type { IntegerGraph } from "../../compiler/ir/index.js";
import { stripsOf as stripSteps, wholeNodes } from "../../compiler/plan/candidates.js";
import { inputPlaces } from "../../compiler/plan/input-places.js";
import { makePlan, planFrontier, planOf } from "../../compiler/plan/make-plan.js";
import { macsOf } from "../../compiler/plan/overhead.js";
import type { Plan, Strip } from "../../compiler/plan/plan.js";
import { layoutsOf, stripNode } from "../../compiler/plan/strips.js";
import { Random, randomInput } from "../hdl/graphs.js";
import { ModelBuilder } from "../helpers/onnx.js";
import { rowNetwork } from "./row-network.js";

const inputsOf = (graph: IntegerGraph, seed: number) =>
  graph.inputs.map((tensor) => randomInput(new Random(seed), tensor));

const stripsOf = (plan: Plan): readonly Strip[] | undefined =>
  plan.steps.flatMap((step) => (step.kind === "rows" && step.strips ? [step.strips] : []))[0];

/** Every plan that has strips once, with whole tensors before and behind them; the input outside or resident. */
function stripPlans(graph: IntegerGraph, externalInput: boolean): Plan[] {
  const places = inputPlaces(graph, { externalInput });
  const alone = wholeNodes(graph, places);
  return stripSteps(graph, places, undefined, Infinity).map((strips) =>
    planOf(graph, [...alone.slice(0, strips.first), strips, ...alone.slice(strips.end)], places),
  );
}

/** One layer of a random chain. */
const layer = fc.record({
  kind: fc.constantFrom("conv", "depthwise", "residual", "max", "average"),
  kernel: fc.constantFrom(1, 3, 5),
  stride: fc.constantFrom(1, 1, 2),
  /** Of each side, less than the kernel. */
  pads: fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }),
});

/** Images of 3 channels, as wide as said, through these layers. */
function chain(width: number, layers: readonly (typeof layer extends fc.Arbitrary<infer L> ? L : never)[]): Uint8Array {
  const b = new ModelBuilder(width);
  const affine = () => ({ scale: 0.03 + b.random.next() * 0.04, zeroPoint: b.random.integer(-20, 20) });
  let x = b.node("Transpose", [b.qdq(b.input([1, 9, width, 3]), affine())], { perm: [0, 3, 1, 2] });
  let [rows, columns, channels] = [9, width, 3];
  for (const { kind, kernel, stride, pads: wanted } of layers) {
    const pads = wanted.map((pad) => Math.min(pad, kernel - 1, 2));
    const same = kind === "residual";
    const strides = same ? [1, 1] : [stride, stride];
    const border = same ? new Array<number>(4).fill((kernel - 1) / 2) : pads;
    const shrunk = (size: number, axis: number) =>
      Math.floor((size + border[axis]! + border[axis + 2]! - kernel) / strides[axis]!) + 1;
    const next = [shrunk(rows, 0), shrunk(columns, 1)];
    if (next[0]! < 1 || next[1]! < 1) continue;
    [rows, columns] = [next[0]!, next[1]!];
    const window = { kernel_shape: [kernel, kernel], strides, pads: border };
    if (kind === "max") x = b.node("MaxPool", [x], window);
    else if (kind === "average") x = b.qdq(b.node("AveragePool", [x], window), affine());
    else {
      const outputs = kind === "conv" ? 4 : channels;
      const group = kind === "depthwise" ? channels : 1;
      const weights = b.weights([outputs, channels / group, kernel, kernel]);
      const sum = b.qdq(b.node("Conv", [x, weights, b.bias(outputs)], { ...window, group } as never), affine());
      x = same ? b.qdq(b.node("Add", [sum, x]), affine()) : sum;
      channels = outputs;
    }
  }
  return b.output(b.qdq(b.node("Transpose", [x], { perm: [0, 2, 3, 1] }), affine())).bytes();
}

describe("strips on tagged memory", () => {
  it("of random chains give what whole tensors give", () => {
    let [cut, inside] = [0, 0];
    const property = fc.property(
      fc.integer({ min: 4, max: 17 }),
      fc.array(layer, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      fc.boolean(),
      (width, layers, seed, external) => {
        const { integerGraph } = compile(chain(width, layers));
        const inputs = inputsOf(integerGraph, seed);
        const expected = outputsOf(integerGraph, inputs);
        for (const plan of stripPlans(integerGraph, external)) {
          cut++;
          if (plan.steps[0]!.kind === "node" || !external) inside++;
          expect(runPlan(plan, inputs)).toEqual(expected);
        }
      },
    );
    fc.assert(property, { numRuns: 25, seed: 1 });
    expect(cut).toBeGreaterThan(100);
    expect(inside).toBeGreaterThan(100);
  });

  it("every schedule of the frontier of a network with strides, residuals, pools and branches", () => {
    const { integerGraph } = compile(rowNetwork().bytes());
    const inputs = inputsOf(integerGraph, 1);
    const plans = planFrontier(integerGraph, { externalInput: true, maxRecompute: 100 });
    expect(plans.filter(stripsOf).length).toBeGreaterThan(2);
    for (const plan of plans) {
      expect(runPlan(plan, inputs)).toEqual(outputsOf(integerGraph, inputs));
      expect(plan.recomputedMacs > 0).toBe(stripsOf(plan) !== undefined);
    }
  });
});

describe("inputs outside the arena", () => {
  const { integerGraph } = compile(rowNetwork().bytes());
  const smallest = (options: object) => makePlan(integerGraph, { optimize: "memory", ...options }).arenaBytes;

  it("need less than inputs by rows, and less still when columns may be computed again", () => {
    const sizes = [
      smallest({}),
      smallest({ streamInput: true }),
      ...[0, 10, 50, 100].map((maxRecompute) => smallest({ externalInput: true, maxRecompute })),
    ];
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes.at(-1)).toBeLessThan(sizes[2]!);
  });

  it("are refused where there are none", () => {
    expect(() => makePlan(integerGraph, { streamInput: true, externalInput: true })).toThrow(/QC6001.*exclude/);
    const given = { ...integerGraph, outputs: [...integerGraph.outputs, integerGraph.inputs[0]!] };
    expect(() => makePlan(given, { externalInput: true })).toThrow(/QC6001.*which is an output/);
  });

  it("recompute what they say, and no more than allowed", () => {
    const { nodes } = integerGraph;
    const macs = macsOf(integerGraph);
    for (const maxRecompute of [0, 10, 30, 100]) {
      const plan = makePlan(integerGraph, { optimize: "memory", externalInput: true, maxRecompute });
      const done = plan.steps.flatMap((step) => {
        if (step.kind === "node") return [nodes[step.node]!];
        const whole = step.nodes.map((node) => nodes[node]!);
        return step.strips ? step.strips.flatMap((strip) => whole.map((node) => stripNode(node, strip))) : whole;
      });
      expect(plan.recomputedMacs).toBe(macsOf({ ...integerGraph, nodes: done }) - macs);
      expect(plan.recomputedMacs).toBeLessThanOrEqual((macs * maxRecompute) / 100);
    }
  });
});

describe("strips that are wrong", () => {
  const { integerGraph } = compile(rowNetwork().bytes());
  const inputs = inputsOf(integerGraph, 1);
  const plan = makePlan(integerGraph, { optimize: "memory", externalInput: true, maxRecompute: 100 });
  const strips = stripsOf(plan)!;
  const withStrips = (changed: readonly Strip[]): Plan => ({
    ...plan,
    steps: plan.steps.map((step) => (step.kind === "rows" && step.strips ? { ...step, strips: changed } : step)),
  });

  it("one column of halo less in any tensor of any strip", () => {
    expect(strips.length).toBeGreaterThan(2);
    strips.forEach((strip, i) => {
      for (const [id, { first, end }] of strip) {
        if (end - first === 1) continue;
        for (const columns of [
          { first: first + 1, end },
          { first, end: end - 1 },
        ]) {
          const less = strips.map((other, k) => (k === i ? new Map(other).set(id, columns) : other));
          expect(() => runPlan(withStrips(less), inputs), `strip ${i}, tensor ${id}`).toThrow(/QC3004/);
        }
      }
    });
  });

  it("one row less in any place that holds several", () => {
    for (const [id, count] of [...plan.rows].filter(([, rows]) => rows > 1)) {
      const rows = new Map(plan.rows).set(id, count - 1);
      expect(() => runPlan({ ...plan, rows }, inputs), `tensor ${id}`).toThrow(/QC3004/);
    }
  });

  it("one strip left out", () => {
    expect(() => runPlan(withStrips(strips.slice(1)), inputs)).toThrow(/QC3004/);
  });
});

it("layouts cover the width, with at most three geometries", () => {
  for (let width = 2; width <= 20; width++) {
    for (let count = 2; count <= width; count++) {
      const layouts = [...layoutsOf(width, count)];
      expect(layouts.length, `${width} in ${count}`).toBeGreaterThan(0);
      for (const spans of layouts) {
        expect(spans.length).toBe(count);
        expect(spans.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i))).toEqual(
          Array.from({ length: width }, (_, i) => i),
        );
        expect(new Set(spans.slice(1, -1).map(({ first, end }) => end - first)).size).toBeLessThanOrEqual(1);
      }
    }
  }
});
