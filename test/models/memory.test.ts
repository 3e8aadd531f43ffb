/** The least memory of real models, which no change may make more. Needs the shared data. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { dataPath, describeWithData } from "../helpers/data.js";
import { core } from "../runtime-c/run.js";

const converted = (folder: string, name: string) => ["models", "converted-tflite", folder, `${name}.onnx`];

describeWithData("the smallest arena on Cortex-M4, input resident and input by rows", () => {
  it.each([
    ["IC", ["mlperf-tiny", "ic01_resnet8_int8.onnx"], 16_512, 15_072],
    ["KWS", ["mlperf-tiny", "kws01_dscnn_int8.onnx"], 5_616, 5_288],
    ["VWW", ["mlperf-tiny", "vww01_mobilenetv1_025_int8.onnx"], 28_248, 15_312],
    ["mcunet-vww1", converted("mit-han-lab__tinyengine", "mcunet-vww1"), 22_656, 16_600],
    // The schedule with the least bound, 195,744 bytes, has no placement below 207,232.
    ["MobileNetV2", converted("google-coral__test_data", "mobilenet_v2_1.0_224_quant"), 201_088, 122_496],
  ] as const)("%s", (_, path, resident, streamed) => {
    const graph = compile(readFileSync(dataPath(...path))).integerGraph;
    const arena = (streamInput: boolean) =>
      makePlan(graph, { optimize: "memory", core: core("cortex-m4"), streamInput }).arenaBytes;
    expect(arena(false)).toBeLessThanOrEqual(resident);
    expect(arena(true)).toBeLessThanOrEqual(streamed);
  });
});
