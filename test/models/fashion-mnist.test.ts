/** The shipped model on every engine and in every family: interpreter = C (host, WebAssembly, QEMU) = Verilog. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Compilation, compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { type VerifyOptions, verifyTarget } from "../../compiler/verify/verify.js";
import { findTarget } from "../../targets/index.js";

const folder = "examples/fashion-mnist";
const families = ["exact", "onnxruntime", "tflite"] as const;
const compilations = Object.fromEntries(
  families.map((numerics) => [numerics, compile(readFileSync(`${folder}/fashion-mnist.onnx`), { numerics })]),
) as Record<(typeof families)[number], Compilation>;

const images = (count: number) => {
  const codes = new Int8Array(readFileSync(`${folder}/images.bin`));
  return Array.from({ length: count }, (_, i) => Int32Array.from(codes.subarray(i * 784, (i + 1) * 784)));
};

async function verified(
  numerics: (typeof families)[number],
  target: string,
  count: number,
  options?: Partial<VerifyOptions>,
) {
  const compilation = compilations[numerics];
  const vectors = [...images(count).map((image) => [image]), ...seededSets(compilation.integerGraph.inputs, 3, 5)];
  const expected = vectors.map((vector) => outputsOf(compilation.integerGraph, vector));
  return verifyTarget(compilation, findTarget(target), vectors, expected, { seed: 3, ...options });
}

describe("shipped model", () => {
  it("classifies the shipped images as its record says", () => {
    const labels = readFileSync(`${folder}/labels.bin`);
    const correct = images(100).filter((image, i) => {
      const scores = outputsOf(compilations.exact.integerGraph, [image])[0]!;
      return scores.indexOf(scores.reduce((a, b) => Math.max(a, b))) === labels[i];
    }).length;
    const recorded = /^\| this file, integers[^|]*\|[^|]*\| (\d+) \|$/m.exec(
      readFileSync(`${folder}/README.md`, "utf8"),
    )?.[1];
    expect(correct).toBe(Number(recorded));
  });

  it.each(families)("%s: host C under sanitizers equals the interpreter", async (numerics) => {
    expect(await verified(numerics, "host", 20)).toMatchObject({ equal: true, engine: "host-c" });
  });

  it.each(families)("%s: emulated Cortex-M4 and RV32 equal the interpreter", async (numerics) => {
    for (const target of ["cortex-m4", "rv32imc"]) {
      expect(await verified(numerics, target, 2)).toMatchObject({ equal: true, target });
    }
  });

  it.each(["cortex-m0plus", "cortex-m7", "cortex-m33", "cortex-m55"])("%s equals the interpreter", async (target) => {
    expect(await verified("exact", target, 1)).toMatchObject({ equal: true, target });
  });

  it("Verilog equals the interpreter under random stalls", async () => {
    const verdict = await verified("exact", "verilog", 2);
    expect(verdict).toMatchObject({ equal: true, engine: "verilator" });
    expect(verdict.measured.cycles!.interval).toBeGreaterThan(0);
  });

  it("a wrong constant is found and pinned to its layer", async () => {
    // One byte in the third array of packed weights: everything before it stays equal.
    const verdict = await verified("exact", "host", 2, {
      edit(files) {
        const name = [...files.keys()].find((file) => /weights\.c$/.test(file))!;
        const text = files.get(name)!;
        const arrays = [...text.matchAll(/const uint32_t (\w+_weights)\[[^\]]*\][^{]*\{\s*(0x[0-9a-f]{8})/g)];
        const [match, , value] = arrays[2]!;
        const wrong = (Number(value) ^ 0x40) >>> 0;
        files.set(name, text.replace(match, match.replace(/0x\w+$/, `0x${wrong.toString(16).padStart(8, "0")}`)));
      },
    });
    expect(verdict.equal).toBe(false);
    const layers = compilations.exact.integerGraph.nodes.filter(({ op }) => op === "conv2d");
    expect(layers.map(({ output }) => output.name)).toContain(verdict.difference!.tensor);
    expect(verdict.difference!.tensor).not.toBe(layers[0]!.output.name);
    expect(verdict.difference!.expected).not.toBe(verdict.difference!.actual);
  });
});
