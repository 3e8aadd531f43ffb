/** ONNX Runtime's fused integer operators as an independent witness of `--numerics onnxruntime`. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { dataPath, describeWithData } from "../helpers/data.js";
import { witness } from "../helpers/witness.js";

/** Codes that differ, out of how many, and the largest distance. */
function distance(expected: readonly number[], actual: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  const differences = expected.map((code, i) => Math.abs(code - actual[i]!));
  return { differing: differences.filter((d) => d > 0).length, largest: Math.max(...differences) };
}

describeWithData("MLPerf Tiny in ONNX Runtime", () => {
  it.each(["ad01_int8", "ic01_resnet8_int8", "kws01_dscnn_int8", "vww01_mobilenetv1_025_int8"])(
    "%s: every byte equal",
    (name) => {
      const path = dataPath("mlperf-tiny", `${name}.onnx`);
      const run = (numerics: string) => {
        const { integerGraph } = compile(readFileSync(path), { numerics });
        const sets = seededSets(integerGraph.inputs, 12, 2024);
        const vectors = sets.map((codes) => setToBytes(codes, integerGraph.inputs));
        return { vectors, codes: sets.flatMap((set) => Array.from(outputsOf(integerGraph, set)[0]!)) };
      };
      const { vectors, codes } = run("onnxruntime");
      const actual = Array.from(new Int8Array(witness(path, Buffer.concat(vectors))));
      expect(distance(codes, actual)).toEqual({ differing: 0, largest: 0 });
      // Real arithmetic is no more than one step away, and rarely that.
      const exact = distance(run("exact").codes, actual);
      expect(exact.largest).toBeLessThanOrEqual(1);
      expect(exact.differing).toBeLessThanOrEqual(codes.length / 100 + 1);
    },
  );
});

describe("the shipped model in ONNX Runtime", () => {
  it("every byte of 100 images is equal", () => {
    const path = "examples/fashion-mnist/fashion-mnist.onnx";
    const { graph, integerGraph } = compile(readFileSync(path), { numerics: "onnxruntime" });
    const codes = new Int8Array(readFileSync("examples/fashion-mnist/images.bin"));
    const { scales, zeroPoints } = graph.inputs[0]!.quantization;
    const floats = Float32Array.from(codes, (code) => Math.fround((code - zeroPoints[0]!) * scales[0]!));
    const expected = Array.from({ length: codes.length / 784 }, (_, i) =>
      Array.from(outputsOf(integerGraph, [Int32Array.from(codes.subarray(i * 784, (i + 1) * 784))])[0]!),
    ).flat();
    const output = witness(path, new Uint8Array(floats.buffer));
    const reals = new Float32Array(output.buffer, output.byteOffset, output.length / 4);
    const actual = Array.from(reals, (real) => Math.round(real * 256) - 128);
    expect(distance(expected, actual)).toEqual({ differing: 0, largest: 0 });
  });
});
