/** Products of two activations, and what constants on either side become: "matmul" and "dense" against doubles, ONNX Runtime, every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { QcError } from "../../compiler/diagnostics.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases, element, intervals, tensor } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
const other: Affine = { scale: 0.0293, zeroPoint: 101, type: "uint8" };
const to: Affine = { scale: 0.171, zeroPoint: -3 };
const ints = (b: ModelBuilder, ...values: number[]) => b.constant("ints", "int64", [values.length], values);
const reshape = (b: ModelBuilder, x: string, ...shape: number[]) => b.node("Reshape", [x, ints(b, ...shape)]);

/** A model around one product of parts of its input. */
function modelOf(title: string, dims: readonly number[], body: (b: ModelBuilder, x: string) => string): Case {
  const b = new ModelBuilder(23);
  const x = b.dequantize(b.input(dims, "int8"), q);
  return { title, model: b.output(b.quantize(body(b, x), to)) };
}

/** Two views of the input: its first elements under one shape, its last ones, requantized, under another. */
function views(b: ModelBuilder, x: string, count: number, first: readonly number[], second: readonly number[]) {
  const sizes = [first, second].map((shape) => shape.reduce((a, c) => a * c, 1));
  const front = b.node("Slice", [x, ints(b, 0), ints(b, sizes[0]!), ints(b, 1)]);
  const back = b.node("Slice", [x, ints(b, count - sizes[1]!), ints(b, count), ints(b, 1)]);
  return [reshape(b, front, ...first), b.qdq(reshape(b, back, ...second), other)] as const;
}

function stacked(first: readonly number[], second: readonly number[], count = 61): Case {
  return modelOf(`[${first}] times [${second}]`, [1, count], (b, x) =>
    b.node("MatMul", [...views(b, x, count, first, second)]),
  );
}

function gemm(title: string, attributes: Record<string, Attribute>, first: number[], second: number[]): Case {
  return modelOf(title, [1, 61], (b, x) => b.node("Gemm", [...views(b, x, 61, first, second)], attributes));
}

const scores = modelOf("scores of attention", [1, 2, 5, 6], (b, x) =>
  b.node("MatMul", [x, b.node("Transpose", [x], { perm: [0, 1, 3, 2] })]),
);
const plainScores: Case = {
  ...scores,
  shapes: [[1, 2, 5, 5]],
  plain: (codes) => [
    tensor([1, 2, 5, 5], ([, head, i, j]) => {
      let sum = 0;
      for (let k = 0; k < 6; k++) {
        const at = (row: number) => real(element(codes, [1, 2, 5, 6], [0, head!, row, k]), q);
        sum += at(i!) * at(j!);
      }
      return code(sum, to);
    }),
  ],
};

function qlinear(): Case {
  const b = new ModelBuilder(3);
  const one = (value: number) => b.constant("s", "float", [], [value]);
  const zp = (value: number) => b.constant("z", "int8", [], [value]);
  const x = b.input([4, 3], "int8");
  const inputs = [x, one(0.05), zp(3), b.node("Transpose", [x]), one(0.05), zp(3), one(0.21), zp(-7)];
  return { title: "QLinearMatMul", model: b.output(b.node("QLinearMatMul", inputs)) };
}

const products = [
  plainScores,
  stacked([2, 3, 4], [4, 5]),
  stacked([3, 4], [2, 4, 5]),
  stacked([2, 1, 3, 2], [3, 2, 2]),
  stacked([7], [7, 4]),
  stacked([3, 7], [7]),
  stacked([7], [7]),
  stacked([3, 4], [1, 1, 4, 1]),
  gemm("Gemm of two activations", {}, [3, 4], [4, 2]),
  gemm("Gemm with alpha and both transposed", { alpha: { float: 0.37 }, transA: 1, transB: 1 }, [4, 3], [2, 4]),
  qlinear(),
];

const weighted = [
  modelOf("a constant on the left", [1, 3, 4, 5], (b, x) => b.node("MatMul", [b.weights([2, 4], [0.01, 0.03], 0), x])),
  modelOf("a constant stack on the left", [4, 5], (b, x) => b.node("MatMul", [b.weights([1, 1, 2, 4]), x])),
  modelOf("a constant stack on the right", [3, 4], (b, x) =>
    b.node("MatMul", [x, b.weights([1, 4, 2], [0.01, 0.03], 2)]),
  ),
  modelOf("Gemm with alpha and beta", [3, 4], (b, x) =>
    b.node("Gemm", [x, b.weights([4, 2]), b.bias(2)], { alpha: { float: 0.7 }, beta: { float: 0.3 } }),
  ),
  modelOf("Gemm of a transposed input", [4, 3], (b, x) =>
    b.node("Gemm", [x, b.weights([4, 2]), b.bias(2)], { transA: 1 }),
  ),
  modelOf("Gemm with a constant first operand", [5, 4], (b, x) =>
    b.node("Gemm", [b.weights([4, 2]), x], { transA: 1, transB: 1, alpha: { float: 2.3 } }),
  ),
  modelOf("Gemm with a constant first operand as it is", [4, 5], (b, x) => b.node("Gemm", [b.weights([2, 4]), x])),
];

describeCases([...products, ...weighted]);
describeWitnessed([...products, ...weighted]);

it("a stage takes the cycles it says", async () => {
  // The matrix on the right comes first, so that no FIFO takes part.
  const { model } = modelOf("cycles", [1, 64], (b, x) => {
    const part = (from: number, to: number, ...shape: number[]) =>
      reshape(b, b.node("Slice", [x, ints(b, from), ints(b, to), ints(b, 1)]), ...shape);
    return b.node("MatMul", [part(24, 64, 10, 4), part(0, 24, 4, 6)]);
  });
  const { predicted, simulated } = await intervals(model);
  expect(predicted).toBe(4 * (6 - 1 + 10 * (1 + 6 / 3)));
  expect(simulated).toBe(predicted);
});

describe("refusals", () => {
  const refused = (build: Case, message: RegExp) => {
    expect(() => compile(build.model.bytes())).toThrow(QcError);
    expect(() => compile(build.model.bytes())).toThrow(message);
  };
  it("name what does not fit", () => {
    refused(stacked([3, 4], [3, 4]), /QC2005.*matrices \[3,4\] do not fit rows of \[3,4\]/);
    refused(stacked([2, 3, 2], [3, 2, 2]), /stacks of matrices \[2,3,2\] and \[3,2,2\] do not broadcast/);
    refused(gemm("alpha", { alpha: { float: -1 } }, [3, 4], [4, 2]), /alpha -1; expected a positive number/);
    refused(gemm("axes", {}, [1, 3, 4], [4, 2]), /an operand of shape \[1,3,4\]; expected two matrices/);
    const biased = modelOf("biased", [1, 61], (b, x) =>
      b.node("Gemm", [...views(b, x, 61, [3, 4], [4, 2]), b.bias(2)]),
    );
    refused(biased, /a bias on a product of two activations; use Add behind it/);
    const left = modelOf("left", [4, 5], (b, x) => b.node("Gemm", [b.weights([2, 4]), x, b.bias(5)]));
    refused(left, /a bias on a product with a constant first operand/);
    const stack = modelOf("stack", [2, 3, 4], (b, x) => b.node("MatMul", [x, b.weights([2, 4, 5])]));
    refused(stack, /constant weights of shape \[2,4,5\]; expected one matrix/);
    const zero = modelOf("beta", [3, 4], (b, x) => b.node("Gemm", [x, b.weights([4, 2])], { beta: { float: 0 } }));
    refused(zero, /alpha 1 and beta 0; expected positive numbers/);
  });
  it("a sum of products beyond 32 bits", () => {
    const long = modelOf("long", [1, 120000], (b, x) => b.node("MatMul", [x, reshape(b, x, 120000, 1)]));
    refused(long, /QC3001.*a sum of 120000 products can reach \d+, beyond 2147483647/);
  });
});

it("a bias of its own scale is exact in every family, and says so", () => {
  const { notes } = compile(weighted[3]!.model.bytes(), { numerics: "onnxruntime" });
  expect(notes.map(({ code: each }) => each)).toContain("QC3003");
});
