/** Lowering, before and after, as text: scales become integers, and every range is proved. */
import { describe, expect, it } from "vitest";
import { numericsByName } from "../../compiler/arith/numerics.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { printForm } from "../../compiler/ir/print.js";
import { verifyIntegerGraph } from "../../compiler/ir/verify.js";
import { lower } from "../../compiler/passes/lower.js";
import { type Affine, ModelBuilder, oneOp, smallNetwork } from "../helpers/onnx.js";

function lowered(model: ModelBuilder, numerics = "exact") {
  return lower(importModel(model.bytes(), "test"), numericsByName.get(numerics)!);
}

const q: Affine = { scale: 0.5, zeroPoint: 0 };

describe("lower", () => {
  it("folds the scales of a dense layer into thresholds", () => {
    const b = new ModelBuilder();
    const codes = b.constant("w", "int8", [1, 2], [100, 3]);
    const w = b.dequantize(codes, { scale: 0.25, zeroPoint: 0 });
    const bias = b.node("DequantizeLinear", [
      b.constant("b", "int32", [2], [7, -9]),
      b.constant("s", "float", [], [0.125]),
    ]);
    const y = b.quantize(b.node("Gemm", [b.qdq(b.input([1, 1]), q), w, bias]), { scale: 4, zeroPoint: -1 });
    const graph = importModel(b.output(y).bytes(), "test");
    expect(printForm(graph)).toBe(
      [
        "graph test",
        "  input %0: int8[1,1] scale=0.5 zp=0",
        "  %1 = dense(%0, const int8[1,2] scale=0.25 zp=0, const int32[2] scale=0.125 zp=0) transposed=false: int8[1,2] scale=4 zp=-1",
        "  output %1",
        "",
      ].join("\n"),
    );
    // Channel 0: (12.5 x + 0.875) / 4 - 1 saturates; channel 1: (0.375 x - 1.125) / 4 - 1 runs from -13 to 11.
    expect(printForm(lower(graph, numericsByName.get("exact")!))).toBe(
      [
        "integer graph test numerics=exact",
        "  input %0: int8[1,1] in -128..127",
        "  %1: int8[1,2] in -128..127 = dense(%0) thresholds=279 constant=0 clamp=-128..127",
        "  output %1",
        "",
      ].join("\n"),
    );
  });

  it("proves channel ranges from the weights and the producer's ranges", () => {
    const b = new ModelBuilder();
    const w = b.dequantize(b.constant("w", "int8", [2, 3], [1, 0, -1, 1, 0, 2]), { scale: 1, zeroPoint: 0 });
    const x = b.qdq(b.node("Relu", [b.qdq(b.input([1, 2]), { scale: 1, zeroPoint: 0 })]), { scale: 8, zeroPoint: 0 });
    const graph = lowered(b.output(b.quantize(b.node("MatMul", [x, w]), { scale: 8, zeroPoint: 5 })));
    // Relu leaves codes 0..16 (127 / 8 = 15.875).
    expect(graph.tensors.map(({ ranges }) => ranges)).toEqual([
      [{ lo: -128, hi: 127 }],
      [{ lo: 0, hi: 16 }],
      [
        { lo: 5, hi: 37 },
        { lo: 5, hi: 5 },
        { lo: -11, hi: 37 },
      ],
    ]);
  });

  it("a fused Relu becomes the layer's clamp", () => {
    const relu = oneOp([1, 4], (b, x) => b.node("Relu", [b.node("MatMul", [x, b.weights([4, 2])])]), {
      output: { scale: 0.1, zeroPoint: 20 },
    });
    expect(printForm(lowered(relu))).toMatch(/dense\(%0\) .* clamp=20\.\.127/);
  });

  it.each(["exact", "onnxruntime", "tflite"])("a whole network is well formed under %s", (numerics) => {
    const graph = lowered(smallNetwork(), numerics);
    verifyIntegerGraph(graph);
    expect(graph.numerics).toBe(numerics);
    expect(graph.nodes.map(({ op }) => op).filter((op) => op !== "transpose" && op !== "reshape")).toEqual([
      "conv2d",
      "conv2d",
      "max-pool2d",
      "dense",
      "softmax",
    ]);
  });
});
