/** The least memory of real models, which no change may make more. Needs the shared data. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { runPlan } from "../../compiler/interpreter/run-plan.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { verifyTarget } from "../../compiler/verify/verify.js";
import { findTarget } from "../../targets/index.js";
import { dataPath, describeWithData } from "../helpers/data.js";
import { core } from "../runtime-c/run.js";

const converted = (folder: string, name: string) => ["models", "converted-tflite", folder, `${name}.onnx`];

const models = {
  IC: ["mlperf-tiny", "ic01_resnet8_int8.onnx"],
  KWS: ["mlperf-tiny", "kws01_dscnn_int8.onnx"],
  VWW: ["mlperf-tiny", "vww01_mobilenetv1_025_int8.onnx"],
  "mcunet-vww1": converted("mit-han-lab__tinyengine", "mcunet-vww1"),
  MobileNetV2: converted("google-coral__test_data", "mobilenet_v2_1.0_224_quant"),
} as const;
const compiled = (name: keyof typeof models) => compile(readFileSync(dataPath(...models[name])));

describeWithData("the smallest arena on Cortex-M4, input resident and input by rows", () => {
  it.each([
    ["IC", 13_600, 11_552],
    ["KWS", 4_912, 4_584],
    ["VWW", 28_088, 13_624],
    ["mcunet-vww1", 20_952, 14_512],
    ["MobileNetV2", 200_704, 118_480],
  ] as const)("%s", (name, resident, streamed) => {
    const graph = compiled(name).integerGraph;
    const arena = (streamInput: boolean) =>
      makePlan(graph, { optimize: "memory", core: core("cortex-m4"), streamInput }).arenaBytes;
    expect(arena(false)).toBeLessThanOrEqual(resident);
    expect(arena(true)).toBeLessThanOrEqual(streamed);
  });
});

describeWithData("the smallest arena on Cortex-M4, input outside", () => {
  it.each([
    ["IC", 11_360, 10, 11_360],
    ["KWS", 4_480, 10, 4_480],
    ["VWW", 12_776, 7, 9_928],
    ["mcunet-vww1", 14_088, 10, 11_792],
    ["MobileNetV2", 116_776, 10, 46_272],
  ] as const)("%s", (name, whole, maxRecompute, strips) => {
    const graph = compiled(name).integerGraph;
    const options = { optimize: "memory", core: core("cortex-m4"), externalInput: true } as const;
    expect(makePlan(graph, options).arenaBytes).toBeLessThanOrEqual(whole);
    expect(makePlan(graph, { ...options, maxRecompute }).arenaBytes).toBeLessThanOrEqual(strips);
  });

  it.each([
    ["VWW", 7],
    ["mcunet-vww1", 10],
  ] as const)(
    "%s in strips computes the interpreter's bytes",
    async (name, maxRecompute) => {
      const compilation = compiled(name);
      const target = findTarget("cortex-m4");
      const options = { optimize: "memory", core: core("cortex-m4"), externalInput: true, maxRecompute } as const;
      const plan = makePlan(compilation.integerGraph, options);
      const vectors = seededSets(plan.graph.inputs, 1, 1);
      const expected = vectors.map((codes) => outputsOf(plan.graph, codes));
      expect(vectors.map((codes) => runPlan(plan, codes))).toEqual(expected);
      const verdict = await verifyTarget({ ...compilation, plan }, target, vectors, expected, { seed: 1 });
      expect(verdict.equal).toBe(true);
    },
    300_000,
  );
});
