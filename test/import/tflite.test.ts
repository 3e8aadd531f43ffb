/** TensorFlow Lite models as users meet them: the command line, and the MLPerf Tiny files beside their ONNX forms. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { frontEndFor } from "../../compiler/import/import-model.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerGraph } from "../../compiler/ir/integer-graph.js";
import { printForm } from "../../compiler/ir/print.js";
import { elementCount } from "../../compiler/ir/types.js";
import { fromBytes, setToBytes } from "../../compiler/verify/codes.js";
import { xorshiftBytes } from "../../compiler/verify/vectors.js";
import { qcompile } from "../helpers/command.js";
import { dataPath, describeWithData } from "../helpers/data.js";
import { smallNetwork } from "../helpers/onnx.js";
import { smallTflite } from "../helpers/small-tflite.js";

describe("the front end is told by the file's content", () => {
  it("and brings its arithmetic family with it", () => {
    expect(frontEndFor(smallTflite().bytes()).numerics).toBe("tflite");
    expect(frontEndFor(smallNetwork().bytes()).numerics).toBe("exact");
    expect(compile(smallTflite().bytes()).integerGraph.numerics).toBe("tflite");
    expect(compile(smallTflite().bytes(), { numerics: "exact" }).integerGraph.numerics).toBe("exact");
  });
});

describe("command line", () => {
  const base = mkdtempSync(join(tmpdir(), "qc-tflite-"));
  afterAll(() => rmSync(base, { recursive: true }));
  const model = join(base, "small.tflite");
  writeFileSync(model, smallTflite().bytes());
  const cli = (...args: string[]) => qcompile(args, { cwd: base });

  it("check x.tflite reports the model under its name and TFLite's arithmetic", () => {
    const { status, stdout, stderr } = cli("check", model, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      model: "small",
      numerics: "tflite",
      input: { shape: [1, 6, 6, 2], type: "int8" },
    });
  });

  it("check x.tflite --numerics exact", () => {
    expect(JSON.parse(cli("check", model, "--json", "--numerics", "exact").stdout)).toMatchObject({
      numerics: "exact",
    });
  });

  it("generated C computes the interpreter's bytes", () => {
    const { status, stdout, stderr } = cli("verify", model, "--target", "host", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain('"equal": true');
  });
});

const models = ["ad01_int8", "ic01_resnet8_int8", "kws01_dscnn_int8", "vww01_mobilenetv1_025_int8"] as const;
const read = (file: string) => readFileSync(dataPath("mlperf-tiny", file));

/** The graph without its tensors' and nodes' names. */
function unnamed(graph: IntegerGraph): unknown {
  return {
    text: printForm({ ...graph, name: "model" }),
    attributes: graph.nodes.map(({ attributes }) => attributes),
    ranges: graph.tensors.map(({ ranges }) => ranges),
  };
}

/** FNV-1a, 32 bits, as the goldens state it (hexadecimal without leading zeros). */
function fnv1a(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16);
}

describeWithData("MLPerf Tiny .tflite files", () => {
  it.each(models)("%s becomes the integer graph of its ONNX form, names aside, in every family", (model) => {
    for (const numerics of ["tflite", "exact", "onnxruntime"]) {
      const { integerGraph } = compile(read(`${model}.tflite`), { numerics });
      const form = compile(read(`${model}.onnx`), { numerics }).integerGraph;
      expect(unnamed(integerGraph)).toEqual(unnamed(form));
    }
  });

  it.each(models)("%s gives the output that TFLite Micro recorded, for every seed", (model) => {
    const family = /^[a-z]+/.exec(model)![0];
    const text = read("tflm_goldens.txt").toString("utf8");
    const section = text
      .split(/^## /m)
      .find((part) => part.startsWith(`${family} `))!
      .split(/^--/m)[0]!;
    const records = [...section.matchAll(/^SEED (\w{8}) OUT \S* ?FNV1A (\w+)/gm)];
    expect(records).toHaveLength(8);
    const { integerGraph, notes } = compile(read(`${model}.tflite`));
    const input = integerGraph.inputs[0]!;
    const run = (seed: string) => {
      const codes = fromBytes(xorshiftBytes(Number.parseInt(seed, 16), elementCount(input.shape)), input);
      return fnv1a(setToBytes(outputsOf(integerGraph, [codes]), integerGraph.outputs));
    };
    expect(records.map(([, seed]) => run(seed!))).toEqual(records.map(([, , hash]) => hash));
    expect(notes).toEqual([]);
  });
});
