/** The four MLPerf Tiny models against outputs recorded on real boards and by TFLite Micro. Needs the shared data. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerGraph } from "../../compiler/ir/integer-graph.js";
import { elementCount } from "../../compiler/ir/types.js";
import { fromBytes, setToBytes } from "../../compiler/verify/codes.js";
import { xorshiftBytes } from "../../compiler/verify/vectors.js";
import { dataPath, describeWithData } from "../helpers/data.js";
import { fnv1a, goldens } from "../helpers/tflite-micro-goldens.js";

const models = ["ad01_int8", "ic01_resnet8_int8", "kws01_dscnn_int8", "vww01_mobilenetv1_025_int8"] as const;
const spellings = models.flatMap((model) => [model, `${model}_nchw`]);

const load = (model: string, numerics: string) =>
  compile(readFileSync(dataPath("mlperf-tiny", `${model}.onnx`)), { numerics }).integerGraph;

/** The recorded input k of tflm_goldens.txt, which is in NHWC order, for a graph in either order. */
function goldenInput(graph: IntegerGraph, seed: number, nchw: boolean): Int32Array {
  const tensor = graph.inputs[0]!;
  const codes = fromBytes(xorshiftBytes(seed, elementCount(tensor.shape)), tensor);
  if (!nchw || tensor.shape.length !== 4) return codes;
  const [, channels, height, width] = tensor.shape as [number, number, number, number];
  return codes.map((_, i) => codes[(i % (height * width)) * channels + Math.floor(i / (height * width))]!);
}

describeWithData("MLPerf Tiny, recorded by TFLite Micro", () => {
  it.each(spellings)("%s under tflite gives the recorded output for every seed", (model) => {
    const graph = load(model, "tflite");
    const records = goldens(/^[a-z]+/.exec(model)![0]);
    expect(records).toHaveLength(8);
    const got = records.map(({ seed }) =>
      fnv1a(setToBytes(outputsOf(graph, [goldenInput(graph, seed, model.endsWith("_nchw"))]), graph.outputs)),
    );
    expect(got).toEqual(records.map(({ hash }) => hash));
  });

  it.each(spellings)("%s: no transposition runs except for an NCHW image input", (model) => {
    const graph = load(model, "exact");
    const transposes = graph.nodes.filter(({ op }) => op === "transpose");
    const image = graph.inputs[0]!.shape.length === 4 && graph.inputs[0]!.shape[1] === 3;
    expect(transposes).toHaveLength(model.endsWith("_nchw") && image ? 1 : 0);
    for (const node of transposes) expect(node.inputs[0]).toSatisfy((tensor) => tensor === graph.inputs[0]);
  });

  it("the arena of each model is its lower bound, kernels' scratch included, and below TFLite Micro's", () => {
    // TFLM 90b983c2 with its reference kernels, arena_used_bytes.
    const tfliteMicro = [2260, 54340, 22772, 100660];
    models.forEach((model, i) => {
      const { plan } = compile(readFileSync(dataPath("mlperf-tiny", `${model}.onnx`)));
      expect(plan.arenaBytes).toBe(plan.lowerBound);
      expect(plan.arenaBytes).toBeLessThan(tfliteMicro[i]!);
    });
  });
});

describeWithData("KWS on 666 inputs, recorded on boards", () => {
  const inputs = () => new Int8Array(readFileSync(dataPath("samples", "kws01", "inputs_i8_Nx490.bin")));
  const record = (name: string) => {
    const folder = dataPath("samples", "kws01");
    const file = readdirSync(folder).find((entry) => entry.startsWith(`hardware_${name}_`))!;
    return new Int8Array(readFileSync(`${folder}/${file}`));
  };
  const outputs = (numerics: string) => {
    const graph = load("kws01_dscnn_int8", numerics);
    const codes = inputs();
    return Int8Array.from(
      Array.from({ length: codes.length / 490 }, (_, i) =>
        Array.from(outputsOf(graph, [Int32Array.from(codes.subarray(i * 490, (i + 1) * 490))])[0]!),
      ).flat(),
    );
  };
  const differing = (a: Int8Array, b: Int8Array) => {
    expect(a).toHaveLength(b.length);
    return a.reduce((count, code, i) => count + (code === b[i] ? 0 : 1), 0);
  };

  it("tflite equals the boards that ran TFLite Micro and microTVM with CMSIS-NN", () => {
    const got = outputs("tflite");
    expect(differing(got, record("tflm"))).toBe(0);
    expect(differing(got, record("microtvm"))).toBe(0);
  });

  it("onnxruntime equals the boards that ran X-CUBE-AI and Plumerai", () => {
    const got = outputs("onnxruntime");
    expect(differing(got, record("xcubeai"))).toBe(0);
    expect(differing(got, record("plumerai"))).toBe(0);
  });

  it("exact is at most one value away from the X-CUBE-AI boards and 572 from TFLite Micro's", () => {
    const got = outputs("exact");
    expect(differing(got, record("xcubeai"))).toBeLessThanOrEqual(1);
    expect(differing(got, record("tflm"))).toBe(572);
  });
});

describeWithData("KWS with 3-bit weights and activations (QONNX) on 666 inputs, recorded on FPGA boards", () => {
  it("gives the class that both boards gave, for every input", () => {
    const bytes = readFileSync(dataPath("qonnx", "mlcommons__tiny_results_v0.7", "KWS-W3A3_QONNX_model.onnx"));
    const graph = compile(bytes).integerGraph;
    const inputs = new Int8Array(readFileSync(dataPath("samples", "kws_w3a3", "inputs_i8_Nx490.bin")));
    const [, ...rows] = readFileSync(dataPath("samples", "kws_w3a3", "labels.csv"), "utf8")
      .trim()
      .split("\n");
    expect(rows).toHaveLength(666);
    const got = rows.map((_, i) => {
      const [scores] = outputsOf(graph, [Int32Array.from(inputs.subarray(i * 490, (i + 1) * 490))]);
      return scores!.indexOf(Math.max(...scores!));
    });
    for (const column of [3, 4]) expect(got).toEqual(rows.map((row) => Number(row.split(",")[column])));
  });
});

describeWithData("IC on the 13 images that boards ran too", () => {
  /** The images whose ten scores differ from a board's. */
  const differing = (numerics: string, column: number) => {
    const folder = dataPath("samples", "cifar10");
    const graph = load("ic01_resnet8_int8", numerics);
    const images = readFileSync(`${folder}/hardware_overlap_images_u8.bin`);
    const [, ...rows] = readFileSync(`${folder}/hardware_overlap.csv`, "utf8").trim().split("\n");
    expect(rows).toHaveLength(13);
    return rows.flatMap((row, i) => {
      const codes = Int32Array.from(images.subarray(i * 3072, (i + 1) * 3072), (grey) => grey - 128);
      return [...outputsOf(graph, [codes])[0]!].join(" ") === row.split(",")[column] ? [] : [i];
    });
  };

  it("tflite equals the board that ran TFLite Micro", () => expect(differing("tflite", 3)).toEqual([]));

  // Both have sums halfway between two codes in the 8x8 average pool, which ONNX rounds to even; X-CUBE-AI is closed.
  it.each(["exact", "onnxruntime"])("%s is away from the board that ran X-CUBE-AI in two images", (numerics) =>
    expect(differing(numerics, 4)).toEqual([3, 7]),
  );
});

describeWithData("seven inputs each, recorded by TFLite on a desktop", () => {
  it.each([
    ["ad01", "ad01_int8"],
    ["vww01", "vww01_mobilenetv1_025_int8"],
  ])("%s under exact gives the recorded bytes", (name, model) => {
    const graph = load(model, "exact");
    const record = (kind: string) =>
      new Int8Array(readFileSync(dataPath("samples", "mlonmcu", `${name}_${kind}_i8.bin`)));
    const [inputs, size] = [record("inputs"), elementCount(graph.inputs[0]!.shape)];
    expect(inputs).toHaveLength(7 * size);
    const got = Array.from({ length: 7 }, (_, i) =>
      Array.from(outputsOf(graph, [Int32Array.from(inputs.subarray(i * size, (i + 1) * size))])[0]!),
    );
    expect(got.flat()).toEqual([...record("tflite_outputs")]);
  });
});
