/** ONNX Runtime on real functions and on pairs of operands: every code, and all 65,536 pairs, as `--numerics onnxruntime` says. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { witness } from "../helpers/witness.js";

const input: Affine = { scale: 0.0471, zeroPoint: 11 };
const output: Affine = { scale: 0.0233, zeroPoint: -37 };
const other: Affine = { scale: 0.0313, zeroPoint: -21 };

/** Codes of ONNX Runtime and of the interpreter for one int8 input. */
function both(
  builder: ModelBuilder,
  dims: readonly number[],
  codes: Int8Array,
): { actual: number[]; expected: number[] } {
  const bytes = builder.bytes((proto) => {
    proto.irVersion = 9;
    proto.opsetImport.push({ domain: "com.microsoft", version: 1 });
    proto.graph.output[0].type.tensorType = { elemType: 3, shape: { dim: dims.map((dimValue) => ({ dimValue })) } };
  });
  const folder = mkdtempSync(join(tmpdir(), "qcompile-elementwise-"));
  try {
    writeFileSync(join(folder, "model.onnx"), bytes);
    const actual = Array.from(new Int8Array(witness(join(folder, "model.onnx"), new Uint8Array(codes.buffer))));
    const { integerGraph } = compile(bytes, { numerics: "onnxruntime" });
    return { actual, expected: Array.from(outputsOf(integerGraph, [Int32Array.from(codes)])[0]!) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function started(dims: readonly number[]): [ModelBuilder, string] {
  const b = new ModelBuilder();
  b.opset = 20;
  return [b, b.dequantize(b.input(dims, "int8"), input)];
}

const alpha: Record<string, Attribute> = { alpha: { float: 0.31 } };
const functions: [opType: string, attributes?: Record<string, Attribute>, domain?: string][] = [
  ["Abs"],
  ["Ceil"],
  ["Celu"],
  ["Elu", alpha],
  ["Erf"],
  ["Exp"],
  ["Floor"],
  ["Gelu", {}, "com.microsoft"],
  ["FastGelu", {}, "com.microsoft"],
  ["HardSigmoid"],
  ["HardSwish"],
  ["LeakyRelu", alpha],
  ["Mish"],
  ["Neg"],
  ["QuickGelu", {}, "com.microsoft"],
  ["Reciprocal"],
  ["Round"],
  ["Selu"],
  ["Sigmoid"],
  ["Sign"],
  ["Softplus"],
  ["Softsign"],
  ["Tanh"],
  ["ThresholdedRelu", alpha],
];

describe("ONNX Runtime", () => {
  it.each(functions)("%s of every code", (opType, attributes = {}, domain = "") => {
    const [b, x] = started([1, 256]);
    b.output(b.quantize(b.node(opType, [x], attributes, { domain }), output));
    const { actual, expected } = both(
      b,
      [1, 256],
      Int8Array.from({ length: 256 }, (_, i) => i),
    );
    expect(actual).toEqual(expected);
  });

  it.each(["Add", "Sub", "Mul", "Max", "Min"])("%s on all pairs: a column and a constant row", (opType) => {
    const [b, x] = started([256, 256]);
    const row = b.constant(
      "row",
      "int8",
      [256],
      Array.from({ length: 256 }, (_, i) => i - 128),
    );
    b.output(b.quantize(b.node(opType, [x, b.dequantize(row, other)]), { scale: 0.0719, zeroPoint: -3 }));
    const { actual, expected } = both(
      b,
      [256, 256],
      Int8Array.from({ length: 65536 }, (_, i) => i >> 8),
    );
    expect(actual).toEqual(expected);
  });

  // Round scales bring many sums to ties, where a product or sum rounded by itself would show.
  it.each([
    [0.04, 0.02, 0.05],
    [0.015, 0.06, 0.0275],
    [0.03412248194217682, 0.08185600489377975, 0.049982473254203796],
  ])("Add on all pairs with scales %f, %f and %f", (sa, sb, sy) => {
    const b = new ModelBuilder();
    b.opset = 20;
    const x = b.dequantize(b.input([256, 256], "int8"), { scale: sa, zeroPoint: -128 });
    const codes = Array.from({ length: 256 }, (_, i) => i - 128);
    const row = b.dequantize(b.constant("row", "int8", [256], codes), { scale: sb, zeroPoint: 20 });
    b.output(b.quantize(b.node("Add", [x, row]), { scale: sy, zeroPoint: -128 }));
    const { actual, expected } = both(
      b,
      [256, 256],
      Int8Array.from({ length: 65536 }, (_, i) => i >> 8),
    );
    expect(actual).toEqual(expected);
  });
});
