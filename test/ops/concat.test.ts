/** Concatenation: of equal and of different quantizations, along every axis, against its definition in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { channelRange } from "../../compiler/ir/index.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases, element, intervals, tensor } from "./engines.js";

const q: Affine = { scale: 0.05, zeroPoint: 3 };
const other: Affine = { scale: 0.08, zeroPoint: -20 };

/** ONNX QuantizeLinear of the value of a code, in doubles: scales are chosen so that no value is close to a tie. */
function requantized(code: number, from: Affine, to: Affine): number {
  const value = (Math.fround(from.scale) * (code - from.zeroPoint)) / Math.fround(to.scale);
  const even = Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
  return Math.min(127, Math.max(-128, even + to.zeroPoint));
}

/** x, x slice, x joined along an axis; the slice keeps two positions. */
function along(axis: number, dims: readonly number[]): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input(dims, "int8"), q);
  const ints = (...values: number[]) => b.constant("ints", "int64", [values.length], values);
  const part = b.node("Slice", [x, ints(1), ints(3), ints(axis)]);
  const model = b.output(b.quantize(b.node("Concat", [x, part, x], { axis }), q));
  const own = axis < 0 ? axis + dims.length : axis;
  const out = dims.map((dim, i) => (i === own ? 2 * dim + 2 : dim));
  const size = dims[own]!;
  const from = (i: number) => (i < size ? i : i < size + 2 ? i - size + 1 : i - size - 2);
  const plain = (codes: readonly number[]) => [
    tensor(out, (at) =>
      element(
        codes,
        dims,
        at.map((i, k) => (k === own ? from(i) : i)),
      ),
    ),
  ];
  return { title: `three inputs along axis ${axis}`, model, shapes: [out], plain };
}

function different(title: string, to: Affine, relu: boolean): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input([1, 5, 4], "int8"), q);
  const y = b.qdq(x, other);
  let joined = b.node("Concat", [x, y], { axis: 1 });
  if (relu) joined = b.node("Relu", [joined]);
  const plain = (codes: readonly number[]) => {
    const least = relu ? to.zeroPoint : -128;
    const second = codes.map((code) => requantized(code, q, other));
    return [
      [...codes.map((code) => requantized(code, q, to)), ...second.map((code) => requantized(code, other, to))].map(
        (code) => Math.max(code, least),
      ),
    ];
  };
  return { title, model: b.output(b.quantize(joined, to)), shapes: [[1, 10, 4]], plain };
}

function qlinear(): Case {
  const b = new ModelBuilder();
  const s = (affine: Affine) => [
    b.constant("s", "float", [], [affine.scale]),
    b.constant("z", "int8", [], [affine.zeroPoint]),
  ];
  const x = b.input([1, 6], "int8");
  const y = b.quantize(b.dequantize(x, q), other);
  const joined = b.node(
    "QLinearConcat",
    [...s(other), x, ...s(q), y, ...s(other)],
    { axis: 1 },
    { domain: "com.microsoft" },
  );
  const plain = (codes: readonly number[]) => {
    const second = codes.map((code) => requantized(code, q, other));
    return [[...second, ...second]];
  };
  return { title: "QLinearConcat", model: b.output(joined), shapes: [[1, 12]], plain };
}

/** An inception block in ONNX's order: branches of one image joined along the channels, then a convolution. */
function block(): Case {
  const b = new ModelBuilder(4);
  const conv = (x: string, inputs: number, outputs: number, kernel: number, affine: Affine) =>
    b.qdq(b.node("Conv", [x, b.weights([outputs, inputs, kernel, kernel])], { auto_pad: "SAME_UPPER" }), affine);
  const x = conv(b.qdq(b.input([1, 3, 6, 5]), q), 3, 4, 1, q);
  const branches = [
    conv(x, 4, 3, 1, q),
    conv(x, 4, 2, 3, other),
    b.node("MaxPool", [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  ];
  const joined = b.qdq(b.node("Concat", branches, { axis: 1 }), q);
  return { title: "branches of a block, then a convolution", model: b.output(conv(joined, 9, 2, 1, q)) };
}

const cases = [
  ...[1, 2, -1].map((axis) => along(axis, [1, 3, 4, 5])),
  along(0, [3, 4]),
  different("two quantizations", q, false),
  different("two quantizations, a third for the result, and a Relu between", { scale: 0.11, zeroPoint: 7 }, true),
  qlinear(),
  block(),
];
describeCases(cases);

it("a block joins in channels last order: only the image is transposed", () => {
  const { nodes } = compile(block().model.bytes()).integerGraph;
  expect(nodes.filter(({ op }) => op === "transpose")).toHaveLength(2);
  expect(nodes.find(({ op }) => op === "concat")!.attributes).toEqual({ axis: 3 });
});

it("Verilog takes one element a cycle, the FIFOs of the branches included", async () => {
  const { predicted, simulated } = await intervals(block().model);
  expect(simulated).toBe(predicted);
}, 300_000);

describe("channels", () => {
  const constantChannel = (last: boolean) => {
    const b = new ModelBuilder(3);
    const dims = [1, 4];
    const w = b.dequantize(b.constant("w", "int8", [4, 3], [1, 0, 2, 3, 0, -4, 5, 0, 6, -7, 0, 8]), {
      scale: 0.5,
      zeroPoint: 0,
    });
    const x = b.qdq(b.input(dims), q);
    const y = b.qdq(b.node("MatMul", [x, w]), q);
    const joined = b.node("Concat", [y, b.qdq(b.node("MatMul", [x, b.weights([4, 3], [0.3])]), q)], {
      axis: last ? 1 : 0,
    });
    return b.output(b.qdq(b.node("MatMul", [joined, b.weights([last ? 6 : 3, 2])]), q));
  };
  it.each([true, false])("ranges and removal of constant channels, joined along the channels: %s", (last) => {
    let before = 0;
    let expected: number[] = [];
    const { integerGraph } = compile(constantChannel(last).bytes(), {
      onStage: (stage, form) => {
        if (stage !== "lower" || !("tensors" in form)) return;
        const concat = form.nodes.find(({ op }) => op === "concat")!;
        before = concat.output.shape.at(-1)!;
        const [a, b] = concat.inputs.map((input) =>
          Array.from({ length: 3 }, (_, channel) => channelRange(input, channel)),
        );
        expect(Array.from({ length: before }, (_, channel) => channelRange(concat.output, channel))).toEqual(
          last
            ? [...a!, ...b!]
            : a!.map((range, i) => ({ lo: Math.min(range.lo, b![i]!.lo), hi: Math.max(range.hi, b![i]!.hi) })),
        );
        const codes = Int32Array.from([100, -3, 17, 99]);
        expected = Array.from(outputsOf(form, [codes])[0]!);
      },
    });
    const concat = integerGraph.nodes.find(({ op }) => op === "concat")!;
    expect(concat.output.shape.at(-1)).toBe(last ? before - 1 : before);
    expect(Array.from(outputsOf(integerGraph, [Int32Array.from([100, -3, 17, 99])])[0]!)).toEqual(expected);
  });
});

describe("codes, and refusals", () => {
  const model = (body: (b: ModelBuilder, x: string, codes: string) => string) => {
    const b = new ModelBuilder();
    const codes = b.input([1, 3, 4], "int8");
    return b.output(b.quantize(body(b, b.dequantize(codes, q), codes), q)).bytes();
  };
  it("takes codes as they are, whatever their quantization", () => {
    const joined = model((b, x, codes) => {
      return b.dequantize(b.node("Concat", [b.quantize(x, q), codes], { axis: 1 }), q);
    });
    const graph = compile(joined).integerGraph;
    const codes = Int32Array.from({ length: 12 }, (_, i) => i - 5);
    expect(Array.from(outputsOf(graph, [codes])[0]!)).toEqual([...codes, ...codes]);
  });

  it.each<[string, (b: ModelBuilder, x: string, codes: string) => string, RegExp]>([
    ["a missing axis", (b, x) => b.node("Concat", [x, x], { axis: 3 }), /axis 3 of shape \[1,3,4\]/],
    [
      "other sizes",
      (b, x) => b.node("Concat", [x, b.node("Transpose", [x], { perm: [0, 2, 1] })], { axis: 1 }),
      /differ beside axis 1/,
    ],
    ["a constant", (b, x) => b.node("Concat", [x, b.weights([1, 3, 4])], { axis: 1 }), /joining a constant/],
    [
      "codes and values",
      (b, x, codes) => b.dequantize(b.node("Concat", [codes, x], { axis: 1 }), q),
      /codes of different quantizations/,
    ],
  ])("%s", (_, body, reason) => expect(() => compile(model(body))).toThrow(reason));
});
