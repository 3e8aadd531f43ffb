/** Generated C whose input lies outside the arena, whole and in strips: the interpreter's bytes under sanitizers and on emulated cores. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerGraph } from "../../compiler/ir/index.js";
import { stripsOf, wholeNodes } from "../../compiler/plan/candidates.js";
import { inputPlaces } from "../../compiler/plan/input-places.js";
import { makePlan, planOf } from "../../compiler/plan/make-plan.js";
import type { Plan } from "../../compiler/plan/plan.js";
import { type CodeSet, setToBytes } from "../../compiler/verify/codes.js";
import { wasmC } from "../../compiler/verify/engines/wasm-c.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { verifyTarget } from "../../compiler/verify/verify.js";
import { emitC } from "../../targets/c/emit.js";
import { findTarget } from "../../targets/index.js";
import { ModelBuilder } from "../helpers/onnx.js";
import { rowNetwork } from "../plan/row-network.js";
import { core } from "../runtime-c/run.js";

const compilation = compile(rowNetwork().bytes());
const { integerGraph: graph } = compilation;
const vectors = seededSets(graph.inputs, 3, 7);
const expected = vectors.map((codes) => outputsOf(graph, codes));

/** The smallest plan with an external input. */
const external = (maxRecompute: number) => makePlan(graph, { optimize: "memory", externalInput: true, maxRecompute });
const many = external(100);
/** The steps inside the network that have the most strips, of a tensor in the arena. */
const inside = (() => {
  const places = inputPlaces(graph, {});
  const strips = stripsOf(graph, places, undefined, Infinity).reduce((most, step) =>
    step.group!.strips!.length > most.group!.strips!.length ? step : most,
  );
  const alone = wholeNodes(graph, places);
  return planOf(graph, [...alone.slice(0, strips.first), strips, ...alone.slice(strips.end)], places);
})();

/** Two layers on wide rows, in few and in many strips. */
const wide = (() => {
  const b = new ModelBuilder(3);
  let x = b.node("Transpose", [b.qdq(b.input([1, 8, 24, 3]), { scale: 0.05, zeroPoint: 3 })], { perm: [0, 3, 1, 2] });
  for (const channels of [3, 8]) {
    const conv = b.node("Conv", [x, b.weights([8, channels, 3, 3]), b.bias(8)], { pads: [1, 1, 1, 1] });
    x = b.qdq(conv, { scale: 0.05, zeroPoint: -4 });
  }
  const compilation = compile(b.output(b.node("Transpose", [x], { perm: [0, 2, 3, 1] })).bytes());
  const places = inputPlaces(compilation.integerGraph, { externalInput: true });
  const steps = stripsOf(compilation.integerGraph, places, undefined, Infinity)
    .filter(({ first, end, group }) => first === 0 && end === 2 && group!.strips!.length >= 4)
    .sort((a, b) => a.group!.strips!.length - b.group!.strips!.length);
  const plans = [steps[0]!, steps.at(-1)!].map((step) => planOf(compilation.integerGraph, [step], places));
  return { compilation, plans };
})();

async function equal(plan: Plan, target: string): Promise<boolean> {
  return (await verifyTarget({ ...compilation, plan }, findTarget(target), vectors, expected, { seed: 1 })).equal;
}

describe("an input outside the arena, and strips", () => {
  it.each([
    // On this machine too in test/fuzz.
    ["whole, on Cortex-M4", makePlan(graph, { externalInput: true }), "cortex-m4"],
    ["row by row, on Cortex-M4", external(0), "cortex-m4"],
    ["in strips, on this machine", many, "host"],
    ["in strips, on Cortex-M4", many, "cortex-m4"],
    ["in strips, on Cortex-M55", many, "cortex-m55"],
    ["in strips, on rv32imc", many, "rv32imc"],
    ["in strips of what lies in the arena, on Cortex-M4", inside, "cortex-m4"],
    ["in strips of what lies in the arena, on rv32imc", inside, "rv32imc"],
  ] as const)("%s", async (_, plan, target) => expect(await equal(plan, target)).toBe(true), 300_000);

  it("in strips, as WebAssembly", async () => {
    const workDir = mkdtempSync(join(tmpdir(), "qc-strips-"));
    const bytes = (sets: readonly CodeSet[], tensors: IntegerGraph["inputs"]) =>
      sets.map((codes) => setToBytes(codes, tensors));
    const outputs = bytes(expected, graph.outputs);
    const files = emitC(many, core("host"));
    const inputs = bytes(vectors, graph.inputs);
    try {
      const result = await wasmC().run({ files, inputs, outputBytes: outputs[0]!.length, workDir, trace: false });
      expect(result.outputs.map((output) => [...output])).toEqual(outputs.map((output) => [...output]));
    } finally {
      rmSync(workDir, { recursive: true });
    }
  }, 300_000);

  it("strips that do not move are noticed", async () => {
    const { compilation, plans } = wide;
    const [codes] = seededSets(compilation.integerGraph.inputs, 1, 7);
    const truth = outputsOf(compilation.integerGraph, codes!);
    const run = async (edit?: (files: Map<string, string>) => void) => {
      const options = { seed: 1, edit };
      const moved = { ...compilation, plan: plans[1]! };
      return (await verifyTarget(moved, findTarget("cortex-m4"), [codes!], [truth], options)).equal;
    };
    expect(await run()).toBe(true);
    const still = (files: Map<string, string>) =>
      files.set("model.c", files.get("model.c")!.replaceAll(/strip \* \d+/g, "strip * 0"));
    expect(await run(still)).toBe(false);
  }, 300_000);
});

describe("the code of strips", () => {
  it("has each weight once", () => {
    const arrays = (plan: Plan) =>
      emitC(plan, core("cortex-m4"))
        .get("model_weights.h")!
        .match(/_weights\w*\[/g);
    expect(arrays(many)).toEqual(arrays(compilation.plan));
  });

  it("does not grow with their number", () => {
    const codes = wide.plans.map((plan) => emitC(plan, core("cortex-m4")).get("model.c")!);
    for (const code of codes) expect(code.match(/uint8_t \*output\)$/gm)!.length).toBe(3);
    expect(codes[1]!.length).toBeLessThan(1.01 * codes[0]!.length);
  });

  it("states what is computed again", () => {
    const header = emitC(many, core("cortex-m4")).get("model.h")!;
    expect(header).toMatch(/\d+ MACs \(\d+\.\d %\) of each inference are computed again/);
    expect(header).toContain("void model_run(model_context *context, const int8_t *input);");
  });
});
