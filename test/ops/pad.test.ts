/** Pad in its four modes, against its definition in every engine, and the pass that gives it to convolutions. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { printForm } from "../../compiler/ir/print.js";
import { foldPads } from "../../compiler/passes/fold-pads.js";
import { foldTransposes } from "../../compiler/passes/fold-transposes.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases, element, intervals, tensor } from "./engines.js";

const q: Affine = { scale: 0.5, zeroPoint: 3 };
const image = [1, 2, 4, 5];
const ints = (b: ModelBuilder, ...values: number[]) => b.constant("ints", "int64", [values.length], values);

interface Spec {
  readonly dims?: readonly number[];
  readonly pads: readonly number[];
  readonly mode?: string;
  readonly value?: number;
  /** Real to code of the padding. */
  readonly code?: number;
  readonly node?: (b: ModelBuilder, x: string) => string;
  readonly opset?: number;
}

/** Where position `at` of a padded axis of `size` elements comes from, by the specification's pictures of each mode. */
const source: Record<string, (at: number, size: number) => number> = {
  constant: (at, size) => (at < 0 || at >= size ? -1 : at),
  edge: (at, size) => Math.max(0, Math.min(size - 1, at)),
  reflect: (at, size) => {
    const period = Math.max(1, 2 * (size - 1));
    const phase = ((at % period) + period) % period;
    return phase < size ? phase : period - phase;
  },
  wrap: (at, size) => ((at % size) + size) % size,
};

function padding(
  title: string,
  { dims = image, pads, mode = "constant", value, code = q.zeroPoint, node, opset = 13 }: Spec,
): Case {
  const b = new ModelBuilder();
  b.opset = opset;
  const x = b.dequantize(b.input(dims, "int8"), q);
  const plainNode = () =>
    b.node(
      "Pad",
      [x, ints(b, ...pads), value === undefined ? "" : b.constant("v", "float", [], [value])],
      mode === "constant" ? {} : { mode },
    );
  const out = dims.map((dim, axis) => pads[axis]! + dim + pads[axis + dims.length]!);
  const plain = (codes: readonly number[]) => [
    tensor(out, (at) => {
      const from = at.map((i, axis) => source[mode]!(i - pads[axis]!, dims[axis]!));
      return from.includes(-1) ? code : element(codes, dims, from);
    }),
  ];
  return { title, model: b.output(b.quantize(node ? node(b, x) : plainNode(), q)), shapes: [out], plain };
}

const spatial = [0, 0, 1, 2, 0, 0, 2, 0];
const q2: Affine = { scale: 0.25, zeroPoint: 9 };

/** Convolution, padding, then what `reader` makes of it. */
function between(title: string, reader: (b: ModelBuilder, x: string) => string, pads = spatial): Case {
  const b = new ModelBuilder(6);
  const first = b.qdq(b.node("Conv", [b.qdq(b.input([1, 3, 5, 4]), q), b.weights([4, 3, 1, 1])]), q);
  const padded = b.qdq(b.node("Pad", [first, ints(b, ...pads)]), q);
  return { title, model: b.output(b.qdq(reader(b, padded), q2)) };
}
const conv = (b: ModelBuilder, x: string, attributes: Record<string, Attribute> = {}) =>
  b.node("Conv", [x, b.weights([2, 4, 3, 3])], attributes);

const folded = [
  between("into a convolution that pads too", (b, x) =>
    b.node("Conv", [x, b.weights([2, 4, 3, 3])], { pads: [1, 0, 0, 1] }),
  ),
  between("into a strided convolution", (b, x) => conv(b, x, { strides: [2, 2] })),
  between("into a depthwise convolution", (b, x) => b.node("Conv", [x, b.weights([4, 1, 3, 3])], { group: 4 })),
  between("into two convolutions", (b, x) => b.node("Add", [b.qdq(conv(b, x), q), b.qdq(conv(b, x), q2)])),
  between("two in a row", (b, x) =>
    b.node("Conv", [b.qdq(b.node("Pad", [x, ints(b, ...spatial)]), q), b.weights([2, 4, 3, 3])], { dilations: [2, 2] }),
  ),
];
const kept = [
  between("wider than the kernel", (b, x) => conv(b, x), [0, 0, 5, 4, 0, 0, 3, 6]),
  between("before a maximum pool", (b, x) => b.node("MaxPool", [x], { kernel_shape: [2, 2] })),
  between("before an average pool", (b, x) => b.node("AveragePool", [x], { kernel_shape: [2, 2] })),
  between("of channels", (b, x) => b.node("Conv", [x, b.weights([2, 5, 3, 3])]), [0, 1, 0, 0, 0, 0, 0, 0]),
  between("with another reader", (b, x) =>
    b.node("Concat", [b.qdq(b.node("MaxPool", [x], { kernel_shape: [3, 3] }), q), b.qdq(conv(b, x), q)], { axis: 1 }),
  ),
];

const cases = [
  padding("of the image", { pads: spatial }),
  padding("of every axis", { pads: [0, 1, 2, 1, 1, 2, 0, 1] }),
  padding("of a vector", { dims: [7], pads: [2, 3] }),
  padding("with a value", { pads: spatial, value: -12.5, code: -22 }),
  padding("with a value that saturates", { pads: spatial, value: 90, code: 127 }),
  padding("with a value between two codes", { pads: spatial, value: 0.3, code: 4 }),
  padding("with minus infinity", { pads: spatial, value: -Infinity, code: -128 }),
  padding("by attributes of opset 10", {
    pads: spatial,
    node: (b, x) => b.node("Pad", [x], { pads: spatial, value: { float: 1.5 } }),
    code: 6,
    opset: 10,
  }),
  padding("of some axes", {
    pads: [0, 0, 0, 2, 0, 0, 0, 1],
    opset: 18,
    node: (b, x) => b.node("Pad", [x, ints(b, 2, 1), "", ints(b, -1)]),
  }),
  padding("of codes with a code", {
    pads: spatial,
    code: -7,
    node: (b) => b.dequantize(b.node("Pad", ["x", ints(b, ...spatial), b.constant("v", "int8", [], [-7])]), q),
  }),
  padding("edge", { pads: spatial, mode: "edge" }),
  padding("reflect", { pads: spatial, mode: "reflect" }),
  padding("wrap", { pads: [0, 1, 1, 2, 1, 0, 0, 1], mode: "wrap", opset: 19 }),
  ...folded,
  ...kept,
];
describeCases(cases);

it("a Relu behind the padding reaches its value, and other scales pass a table", () => {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input([1, 3], "int8"), { scale: 1, zeroPoint: 0 });
  const padded = b.node("Relu", [b.node("Pad", [x, ints(b, 0, 1, 0, 0), b.constant("v", "float", [], [-2.3])])]);
  const model = b.output(b.quantize(padded, { scale: 2, zeroPoint: -10 }));
  const { integerGraph } = compile(model.bytes());
  expect(Array.from(outputsOf(integerGraph, [Int32Array.from([-8, 8, 30])])[0]!)).toEqual([-10, -10, -6, 5]);
});

const ops = ({ model }: Case) => compile(model.bytes()).integerGraph.nodes.map(({ op }) => op);

describe("fold-pads", () => {
  it.each(folded)("$title: no padding runs", (each) => expect(ops(each)).not.toContain("pad"));
  it.each(kept)("$title: it runs, channels last", (each) => {
    expect(ops(each)).toContain("pad");
    expect(ops(each).filter((op) => op === "transpose")).toHaveLength(2);
  });

  it("before and after", () => {
    const graph = foldTransposes.run(importModel(folded[0]!.model.bytes(), "test"));
    const text = (form: typeof graph) =>
      printForm(form)
        .split("\n")
        .filter((line) => /= (pad|conv2d)/.test(line))
        .map((line) => line.trim());
    expect(text(graph)).toEqual([
      "%2 = conv2d(%1, const int8[4,3,1,1] scale=0.009999999776482582 zp=0) kernel=1,1 strides=1,1 dilations=1,1 pads=0,0,0,0 groups=1: int8[1,5,4,4] scale=0.5 zp=3",
      "%3 = pad(%2) pads=0,1,2,0,0,2,0,0 value=0: int8[1,8,6,4] scale=0.5 zp=3",
      "%4 = conv2d(%3, const int8[2,4,3,3] scale=0.009999999776482582 zp=0) kernel=3,3 strides=1,1 dilations=1,1 pads=1,0,0,1 groups=1: int8[1,7,5,2] scale=0.25 zp=9",
    ]);
    expect(text(foldPads.run(graph))).toEqual([
      "%2 = conv2d(%1, const int8[4,3,1,1] scale=0.009999999776482582 zp=0) kernel=1,1 strides=1,1 dilations=1,1 pads=0,0,0,0 groups=1: int8[1,5,4,4] scale=0.5 zp=3",
      "%3 = conv2d(%2, const int8[2,4,3,3] scale=0.009999999776482582 zp=0) kernel=3,3 strides=1,1 dilations=1,1 pads=2,2,2,1 groups=1: int8[1,7,5,2] scale=0.25 zp=9",
    ]);
  });

  it("a padded graph output keeps its padding, and another value does", () => {
    const shown = between("", (b, x) => conv(b, x));
    const pad = shown.model.nodes.find(({ opType }) => opType === "Pad")!;
    shown.model.output(pad.outputs[0]!);
    expect(ops(shown)).toContain("pad");
    const b = new ModelBuilder();
    const x = b.qdq(
      b.node("Pad", [b.qdq(b.input([1, 4, 3, 3]), q), ints(b, ...spatial), b.constant("v", "float", [], [1])]),
      q,
    );
    expect(ops({ title: "", model: b.output(b.qdq(conv(b, x), q)) })).toContain("pad");
  });
});

it.each([
  [
    [0, 1, 1, 0],
    [
      [-12, -12],
      [-12, 6],
      [-12, 38],
    ],
  ],
  [
    [1, 0, 0, 0],
    [
      [-12, 6],
      [-12, 38],
    ],
  ],
])("ranges of channels survive, widened by the code, and added channels are constant: pads %j", (pads, ranges) => {
  const b = new ModelBuilder();
  const one: Affine = { scale: 1, zeroPoint: 0 };
  const w = b.dequantize(b.constant("w", "int8", [1, 2], [1, 3]), one);
  const product = b.node("Relu", [b.node("MatMul", [b.qdq(b.input([1, 1]), one), w])]);
  const y = b.qdq(product, { scale: 8, zeroPoint: -10 });
  const padded = b.node("Pad", [y, ints(b, ...pads), b.constant("v", "float", [], [-16])]);
  const last = compile(b.output(padded).bytes()).integerGraph.outputs[0]!;
  expect(last.ranges.map(({ lo, hi }) => [lo, hi])).toEqual(ranges);
});

it("Verilog takes one element a cycle", async () => {
  const { predicted, simulated } = await intervals(cases[1]!.model);
  expect(simulated).toBe(predicted);
}, 300_000);

describe("refusals", () => {
  const reasons: [string, (b: ModelBuilder, x: string) => string, RegExp][] = [
    [
      "negative pads",
      (b, x) => b.node("Pad", [x, ints(b, 0, 0, -1, 0, 0, 0, 0, 0)]),
      /negative ones are not supported, use Slice/,
    ],
    ["too few pads", (b, x) => b.node("Pad", [x, ints(b, 0, 1)]), /got 2 pads for 4 axes/],
    ["an axis that is none", (b, x) => b.node("Pad", [x, ints(b, 0, 1), "", ints(b, 4)]), /axis 4 of 4/],
    [
      "not a number",
      (b, x) => b.node("Pad", [x, ints(b, ...spatial), b.constant("v", "float", [], [Number.NaN])]),
      /the constant is NaN/,
    ],
    [
      "a result that is not quantized",
      (b, x) => b.node("Pad", [b.node("Conv", [x, b.weights([1, 2, 1, 1])]), ints(b, ...spatial)]),
      /not quantized yet; quantize it before padding/,
    ],
    [
      "a mode that is none",
      (b, x) => b.node("Pad", [x, ints(b, ...spatial)], { mode: "mirror" }),
      /mode mirror is unknown/,
    ],
    [
      "reflection beyond the tensor",
      (b, x) => b.node("Pad", [x, ints(b, 0, 0, 0, 0, 0, 0, 4, 0)], { mode: "reflect" }),
      /4 elements of mode reflect around axis 2, which has 4/,
    ],
    [
      "reflection of an unquantized value",
      (b, x) => b.node("Pad", [b.node("Conv", [x, b.weights([1, 2, 1, 1])]), ints(b, ...spatial)], { mode: "edge" }),
      /not quantized yet/,
    ],
    ["computed pads", (b, x) => b.node("Pad", [x, x]), /input 1 must be a constant/],
  ];
  it.each(reasons)("%s", (_, node, reason) => {
    const b = new ModelBuilder();
    const x = b.dequantize(b.input(image, "int8"), q);
    expect(() => compile(b.output(b.quantize(node(b, x), q)).bytes())).toThrow(reason);
  });
});
