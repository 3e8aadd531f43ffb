/** Reductions as pools, and views of fewer or more axes, against their definitions in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { compare, nearestEven, over, plus, type Real, real, times, zero } from "../helpers/exact.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, coordinates, describeCases } from "./engines.js";

const q: Affine = { scale: 0.05, zeroPoint: 3 };
const to: Affine = { scale: 0.07, zeroPoint: -11 };
const ints = (b: ModelBuilder, ...values: number[]) => b.constant("ints", "int64", [values.length], values);
type Kind = "ReduceMean" | "ReduceSum" | "ReduceMax";

const combine: Record<Kind, (values: readonly Real[]) => Real> = {
  ReduceMean: (values) => over(values.reduce(plus, zero), values.length),
  ReduceSum: (values) => values.reduce(plus, zero),
  ReduceMax: (values) => values.reduce((a, b) => (compare(a, b) >= 0 ? a : b)),
};

/** The reduction of the input's values, in exact arithmetic, one output element at a time. */
function reduce(
  kind: Kind,
  dims: readonly number[],
  axes: readonly number[],
  codes: readonly number[],
  output: Affine,
): number[] {
  const places = coordinates(dims);
  return coordinates(dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim))).map((at) => {
    const under = codes.filter((_, k) => places[k]!.every((i, axis) => axes.includes(axis) || i === at[axis]));
    const value = combine[kind](under.map((code) => times(real(Math.fround(q.scale)), real(code - q.zeroPoint))));
    const code = Number(nearestEven(value, real(Math.fround(output.scale)))) + output.zeroPoint;
    return Math.min(127, Math.max(-128, code));
  });
}

function reducing(
  kind: Kind,
  dims: readonly number[],
  axes: readonly number[],
  keepdims: boolean,
  opset = 13,
  node?: (b: ModelBuilder, x: string) => string,
): Case {
  const b = new ModelBuilder();
  b.opset = opset;
  const x = b.dequantize(b.input(dims, "int8"), q);
  const asInput = opset >= (kind === "ReduceSum" ? 13 : 18);
  const flag: Record<string, Attribute> = keepdims ? {} : { keepdims: 0 };
  const y = node
    ? node(b, x)
    : asInput
      ? b.node(kind, [x, ints(b, ...axes)], flag)
      : b.node(kind, [x], { axes: [...axes], ...flag });
  const output = kind === "ReduceSum" ? { scale: 0.4, zeroPoint: 5 } : to;
  const own = axes.map((axis) => (axis + dims.length) % dims.length);
  const shape = dims.flatMap((dim, axis) => (own.includes(axis) ? (keepdims ? [1] : []) : [dim]));
  return {
    title: `${kind} of [${dims}] over [${axes}]${keepdims ? "" : ", axes dropped"}, opset ${opset}`,
    model: b.output(b.quantize(y, output)),
    shapes: [shape],
    plain: (codes) => [reduce(kind, dims, own, codes, output)],
  };
}

const image = [1, 3, 4, 5];
/** Codes in another shape: nothing else changes. */
function viewed(
  title: string,
  dims: readonly number[],
  shape: readonly number[],
  node: (b: ModelBuilder, x: string) => string,
  opset = 13,
): Case {
  const b = new ModelBuilder();
  b.opset = opset;
  const x = b.dequantize(b.input(dims, "int8"), q);
  return { title, model: b.output(b.quantize(node(b, x), q)), shapes: [shape], plain: (codes) => [[...codes]] };
}

/** Two convolutions in ONNX's order around a reduction. */
function between(title: string, kind: Kind, axes: readonly number[]): Case {
  const b = new ModelBuilder(8);
  const conv = (x: string, inputs: number, outputs: number) =>
    b.qdq(b.node("Conv", [x, b.weights([outputs, inputs, 1, 1])]), q);
  const first = conv(b.qdq(b.input([1, 3, 4, 5]), q), 3, 6);
  const reduced = b.qdq(b.node(kind, [first], { axes: [...axes] }), q);
  return { title, model: b.output(conv(reduced, axes.includes(1) ? 1 : 6, 2)) };
}

const networks = [
  between("mean over the image", "ReduceMean", [2, 3]),
  between("mean over the channels", "ReduceMean", [1]),
  between("maximum over rows", "ReduceMax", [2]),
];
const cases = [
  reducing("ReduceMean", image, [2, 3], true),
  reducing("ReduceMean", image, [2, 3], false),
  reducing("ReduceMean", image, [1, 2], false),
  reducing("ReduceMean", image, [1], true),
  reducing("ReduceMean", image, [-1], false, 18),
  reducing("ReduceMean", [1, 6, 5], [1], false),
  reducing("ReduceMean", [2, 3, 2, 5], [0, 2], true),
  reducing("ReduceMean", image, [0, 1, 2, 3], true, 13, (b, x) => b.node("ReduceMean", [x])),
  reducing("ReduceSum", image, [2, 3], true),
  reducing("ReduceSum", [1, 6, 5], [-1], true),
  reducing("ReduceSum", [1, 6, 5], [1], true, 11, (b, x) => b.node("ReduceSum", [x], { axes: [1] })),
  reducing("ReduceMax", image, [2, 3], false),
  reducing("ReduceMax", image, [1, 3], true),
  reducing("ReduceMax", [1, 6, 5], [2], true, 18),
  reducing("ReduceMax", image, [2, 3], true, 13, (b, x) => b.node("GlobalMaxPool", [x])),
  viewed("Squeeze of opset 11", [1, 5, 1, 3], [1, 5, 3], (b, x) => b.node("Squeeze", [x], { axes: [2] }), 11),
  viewed("Squeeze by an input", [1, 5, 1, 3], [5, 1, 3], (b, x) => b.node("Squeeze", [x, ints(b, -4)])),
  viewed("Squeeze of all", [1, 5, 1, 3], [5, 3], (b, x) => b.node("Squeeze", [x])),
  viewed("Unsqueeze of opset 11", [5, 3], [1, 5, 3, 1], (b, x) => b.node("Unsqueeze", [x], { axes: [0, 3] }), 11),
  viewed("Unsqueeze by an input", [5, 3], [5, 1, 3, 1], (b, x) => b.node("Unsqueeze", [x, ints(b, -1, 1)])),
  ...networks,
];
describeCases(cases);

it.each(networks)("$title between convolutions: only the image is transposed", ({ model }) => {
  const { nodes } = compile(model.bytes()).integerGraph;
  expect(nodes.filter(({ op }) => op === "transpose").length).toBeLessThanOrEqual(2);
  expect(nodes.some(({ op }) => op === "strided")).toBe(false);
});

describe("families", () => {
  it("a sum is exact in every family, and a note says so", () => {
    const { model } = reducing("ReduceSum", image, [2, 3], true);
    for (const numerics of ["onnxruntime", "tflite"]) {
      const { integerGraph, notes } = compile(model.bytes(), { numerics });
      expect(notes).toMatchObject([{ code: "QC3003", message: expect.stringContaining("ReduceSum") }]);
      expect(integerGraph.nodes.map(({ attributes }) => attributes)).toEqual(
        compile(model.bytes()).integerGraph.nodes.map(({ attributes }) => attributes),
      );
    }
    expect(compile(model.bytes()).notes).toEqual([]);
  });
});

describe("refusals", () => {
  const reasons: [string, (b: ModelBuilder, x: string) => string, RegExp][] = [
    ["a missing axis", (b, x) => b.node("ReduceMean", [x], { axes: [4] }), /axis 4 of an input of shape \[1,3,4,5\]/],
    ["an operator without a home", (b, x) => b.node("ReduceProd", [x], { axis: 1 }), /ReduceProd is not supported/],
    ["an axis squeezed twice", (b, x) => b.node("Squeeze", [x, ints(b, 0, -4)]), /axes \[0,-4\] of 4 axes/],
    ["an axis longer than 1", (b, x) => b.node("Squeeze", [x, ints(b, 1)]), /cannot become/],
    ["no axes to add", (b, x) => b.node("Unsqueeze", [x]), /the axes are missing/],
    [
      "a global pool of no image",
      (b, x) => b.node("GlobalMaxPool", [b.node("Flatten", [x])]),
      /expected \[1, C, H, W\]/,
    ],
  ];
  it.each(reasons)("%s", (_, node, reason) => {
    const b = new ModelBuilder();
    const x = b.dequantize(b.input(image, "int8"), q);
    expect(() => compile(b.output(b.quantize(node(b, x), q)).bytes())).toThrow(reason);
  });
});
