/** Where a family has no integer definition, `exact` stands in and a note says so. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Affine, oneOp } from "../helpers/onnx.js";

const local = { kernel_shape: [2, 2], strides: [2, 2] };
const averagePool = (same: boolean) => {
  const input: Affine = { scale: 0.05, zeroPoint: 3 };
  return oneOp(
    [1, 2, 4, 4],
    (b, x) => b.node("AveragePool", [x], local, { name: "pool" }),
    same ? { input, output: input } : { input },
  );
};

describe("QC3003 notes", () => {
  it("onnxruntime: a local average pool", () => {
    expect(compile(averagePool(true).bytes(), { numerics: "onnxruntime" }).notes).toEqual([
      { code: "QC3003", where: "pool", message: expect.stringContaining("exact arithmetic is used") },
    ]);
  });
  it("tflite: an average pool that requantizes", () => {
    expect(compile(averagePool(false).bytes(), { numerics: "tflite" }).notes).toMatchObject([
      { code: "QC3003", where: "pool" },
    ]);
    expect(compile(averagePool(true).bytes(), { numerics: "tflite" }).notes).toEqual([]);
  });
  it("exact: never", () => {
    expect(compile(averagePool(false).bytes()).notes).toEqual([]);
  });
  it("tflite: a softmax with another output scale is refused", () => {
    const softmax = oneOp([1, 4], (b, x) => b.node("Softmax", [x]), { output: { scale: 1 / 128, zeroPoint: -128 } });
    expect(() => compile(softmax.bytes(), { numerics: "tflite" })).toThrow(/QC2004 .*output scale 1\/256/);
  });
});
