/** What the host does at the graph's borders: --input-type says what codes inputs hold, --io float gives reals back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseInputTypes } from "../../compiler/cli/options.js";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { dequantized } from "../../compiler/verify/codes.js";
import { readNpy, writeFloatNpy } from "../../compiler/verify/npy.js";
import { qcompile } from "../helpers/command.js";
import { ModelBuilder, oneOp } from "../helpers/onnx.js";
import { smallTflite } from "../helpers/small-tflite.js";

const folder = mkdtempSync(join(tmpdir(), "qc-borders-"));
afterAll(() => rmSync(folder, { recursive: true }));

const compiled = (model: ModelBuilder | Uint8Array, ...texts: string[]) =>
  compile(model instanceof ModelBuilder ? model.bytes() : model, { inputs: parseInputTypes(texts) });

/** A float input "x" that no QuantizeLinear follows, whose values times 0.5 are quantized. */
function open(also?: (b: ModelBuilder) => string): ModelBuilder {
  const b = new ModelBuilder();
  const x = b.input([1, 4]);
  const y = b.node("MatMul", [x, b.weights([4, 2])]);
  return b.output(b.quantize(y, { scale: 0.5, zeroPoint: 0 }), ...(also ? [also(b)] : []));
}
const quantizedInput = (b: ModelBuilder) =>
  b.quantize(b.node("Relu", [b.input([1, 4], "float", "image")]), { scale: 0.5, zeroPoint: 0 });

describe("--input-type as text", () => {
  it.each([
    ["int8", "", { bits: 8, signed: true }, 1, 0],
    ["x=uint4,0.1", "x", { bits: 4, signed: false }, Math.fround(0.1), 0],
    ["a=b,c:0=int32,1e-3,-7", "a=b,c:0", { bits: 32, signed: true }, Math.fround(0.001), -7],
    ["uint16,0x1,65535", "", { bits: 16, signed: false }, 1, 65535],
  ])("%s", (text, name, type, scale, zeroPoint) => {
    expect([...parseInputTypes([text])]).toEqual([
      [name, { type, quantization: { scales: [scale], zeroPoints: [zeroPoint] } }],
    ]);
  });
  it.each([
    [["float"], /^QC6001 .*--input-type float: expected \[name=\]type/],
    [["x=int8,"], /^QC6001 .*expected \[name=\]type/],
    [["int8,1,0.5"], /^QC6001 .*expected \[name=\]type/],
    [["int0"], /^QC6001 .*got int0; expected int1 to int16/],
    [["int17"], /^QC6001 .*got int17/],
    [["uint32"], /^QC6001 .*got uint32/],
    [["int8,0"], /^QC6001 .*scale 0 is not a positive/],
    [["int8,-1"], /^QC6001 .*scale -1 /],
    [["int8,1e-60"], /^QC6001 .*scale 1e-60 /],
    [["int8,1e60"], /^QC6001 .*scale 1e60 /],
    [["int8,1,128"], /^QC6001 .*zero point 128 is not in -128\.\.127/],
    [["x=int8", "x=int4"], /^QC6001 .*--input-type x is given twice/],
    [["int8", "int4"], /^QC6001 .*without a name is given twice/],
  ])("%s is refused", (texts, message) => expect(() => parseInputTypes(texts)).toThrow(message));
});

describe("--input-type and the model", () => {
  it("an open float input holds the given codes, by its name or without one", () => {
    for (const text of ["x=uint4,0.25,3", "uint4,0.25,3"]) {
      expect(compiled(open(), text).graph.inputs).toEqual([
        expect.objectContaining({
          name: "x",
          type: { bits: 4, signed: false },
          quantization: { scales: [0.25], zeroPoints: [3] },
        }),
      ]);
    }
  });
  it("without a name it leaves alone what the model quantizes, also behind a function", () => {
    const types = (...texts: string[]) =>
      Object.fromEntries(
        compiled(open(quantizedInput), ...texts).graph.inputs.map(({ name, type }) => [name, type.bits]),
      );
    expect(types("int4")).toEqual({ x: 4, image: 8 });
    expect(types("int4", "image=int5")).toEqual({ x: 4, image: 5 });
    expect(types("image=int5", "x=int3")).toEqual({ x: 3, image: 5 });
  });
  it("refuses names that no float input has, and codes for nothing", () => {
    expect(() => compiled(open(), "y=int8")).toThrow(
      /^QC6001 .*--input-type y: no float, int32 or int64 graph input.*expected 'x'/,
    );
    const integer = new ModelBuilder();
    const x = integer.dequantize(integer.input([1, 4], "int8"), { scale: 1, zeroPoint: 0 });
    integer.output(integer.quantize(x, { scale: 2, zeroPoint: 0 }));
    expect(() => compiled(integer, "x=int8")).toThrow(/^QC6001 .*the model has none/);
    expect(() =>
      compiled(
        oneOp([1, 4], (_, x) => x),
        "int8",
      ),
    ).toThrow(/^QC6001 .*is quantized by the model/);
    expect(() => compiled(smallTflite().bytes(), "int8")).toThrow(/^QC6001 .*\.tflite/);
  });
});

describe("reals of outputs", () => {
  it("are scale * (code - zero point) in float32, per channel along the axis", () => {
    const quantization = { scales: [0.1, 3].map(Math.fround), zeroPoints: [0, -1], axis: 1 };
    expect(dequantized(Int32Array.of(1, 2, 1, 2, 10, 20, 10, 20), { shape: [1, 2, 2], quantization })).toEqual(
      [0.1, 0.2, 6, 9, 1, 2, 33, 63].map(Math.fround),
    );
  });
});

describe("run", () => {
  const path = join(folder, "model.onnx");
  const model = oneOp([1, 4], (b, x) => b.node("Sigmoid", [x]), { output: { scale: 0.1, zeroPoint: -5 } });
  writeFileSync(path, model.bytes());
  const input = join(folder, "x.npy");
  writeFileSync(input, writeFloatNpy([-9, -1, 0, 9, 0, 0, 0, 0], [2, 4]));
  const run = (...args: string[]) => qcompile(["run", path, "-i", input, ...args]);
  // Codes of the input by hand: round(x / 0.05) + 3, saturated.
  const codes = [Int32Array.of(-128, -17, 3, 127), Int32Array.of(3, 3, 3, 3)];
  const { integerGraph } = compile(model.bytes());
  const reals = codes.flatMap((list) =>
    Array.from(outputsOf(integerGraph, [list])[0]!, (code) => Math.fround(Math.fround(0.1) * (code + 5))),
  );

  it("--io float prints the shortest decimals of the float32 reals", () => {
    const { stdout, stderr } = run("--io", "float");
    expect(stderr).toBe("");
    const lines = stdout.trim().split("\n");
    expect(lines.flatMap((line) => line.split(" ").map((word) => Math.fround(Number(word))))).toEqual(reals);
    expect(lines).toEqual(["0 0.3 0.5 1", "0.5 0.5 0.5 0.5"]);
  });
  it("--io float writes float32", () => {
    const file = join(folder, "y.npy");
    expect(run("--io", "float", "-o", file)).toMatchObject({ status: 0, stderr: "" });
    expect(readNpy(readFileSync(file), "y")).toEqual({ shape: [2, 4], type: "f4", values: Float64Array.from(reals) });
  });
  it("refuses another form", () => expect(run("--io", "double").stderr).toMatch(/^QC6001 .*expected int or float/));
});
