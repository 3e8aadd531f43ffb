/** Small designs that together use every rtl module with several parameter sets. */
import { compile } from "../../compiler/compile.js";
import { int8, uint8 } from "../../compiler/ir/index.js";
import type { Folding } from "../../targets/verilog/lowering.js";
import { ModelBuilder } from "../helpers/onnx.js";
import type { Design } from "./bench.js";
import { GraphBuilder, Random } from "./graphs.js";
import * as layers from "./layers.js";

type Build = (
  builder: GraphBuilder,
  random: Random,
) => readonly [input: ReturnType<GraphBuilder["tensor"]>, output: ReturnType<GraphBuilder["tensor"]>];

export const designs: Design[] = [];
function design(title: string, build: Build, folding?: readonly Folding[]): void {
  const builder = new GraphBuilder();
  const [input, output] = build(builder, new Random(designs.length + 1));
  designs.push({ title, graph: builder.graph(title, input, output), ...(folding ? { folding } : {}) });
}

function conv(
  title: string,
  shape: readonly number[],
  spec: layers.ConvSpec,
  pe: number,
  simd: number,
  type = int8,
): void {
  design(
    title,
    (b, r) => {
      const x = b.tensor([1, ...shape], type);
      return [x, layers.addConv2d(b, r, x, spec)];
    },
    [{ pe, simd }],
  );
}

conv("conv 3x3, same padding", [7, 5, 3], { out: 8, kernel: [3, 3], pads: [1, 1, 1, 1] }, 4, 3);
conv(
  "conv 5x4, stride 2x3, asymmetric padding, uint8 in",
  [9, 11, 2],
  { out: 3, kernel: [5, 4], strides: [2, 3], pads: [2, 0, 1, 3] },
  1,
  2,
  uint8,
);
conv("conv 2x3, stride 3, uint8 out", [10, 8, 4], { out: 6, kernel: [2, 3], strides: [3, 3], type: uint8 }, 3, 1);
conv("conv 3x2, dilation 2x3", [9, 8, 4], { out: 4, kernel: [3, 2], dilations: [2, 3], pads: [1, 3, 2, 0] }, 2, 4);
conv(
  "conv 3x3, two groups, narrow weights",
  [6, 6, 8],
  { out: 6, kernel: [3, 3], groups: 2, weights: { lo: -2, hi: 1 } },
  3,
  2,
);
conv("conv 1x1, stride 2", [5, 7, 8], { out: 16, kernel: [1, 1], strides: [2, 2] }, 16, 1);
conv("conv 1x1, wide dot product", [3, 3, 32], { out: 4, kernel: [1, 1] }, 1, 32);
conv("conv with a window larger than the image", [2, 3, 2], { out: 2, kernel: [5, 5], pads: [2, 2, 2, 2] }, 2, 1);
conv("conv along one row", [1, 17, 2], { out: 4, kernel: [1, 4], strides: [1, 2], pads: [0, 1, 0, 2] }, 2, 2);
conv("conv that skips input rows", [7, 7, 2], { out: 2, kernel: [1, 1], strides: [4, 4] }, 1, 1);
conv(
  "depthwise 3x3, stride 2",
  [7, 6, 6],
  { out: 6, kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], groups: 6 },
  3,
  1,
);
conv("depthwise 3x3, all lanes", [5, 5, 8], { out: 8, kernel: [3, 3], pads: [1, 1, 1, 1], groups: 8 }, 8, 1, uint8);
conv("depthwise 2x2, three outputs per input", [4, 4, 3], { out: 9, kernel: [2, 2], groups: 3 }, 3, 1);

function dense(
  title: string,
  shape: readonly number[],
  outputs: number,
  spec: layers.WeightSpec,
  pe: number,
  simd: number,
): void {
  design(
    title,
    (b, r) => {
      const x = b.tensor(shape);
      return [x, layers.addDense(b, r, x, outputs, spec)];
    },
    [{ pe, simd }],
  );
}

dense("dense", [1, 20], 12, {}, 3, 5);
dense("dense, one word per row", [4, 8], 4, {}, 2, 8);
dense("dense, one output", [1, 6], 1, {}, 1, 1);
dense("sign form", [1, 8], 8, { rule: "double", weights: { lo: -1, hi: 1 }, bias: 9 }, 2, 1);
dense("parity form", [1, 2], 8, { rule: "even", weights: { lo: -1, hi: 1 }, bias: 9, zeroPoint: -4 }, 2, 1);
dense(
  "parity form, odd zero point",
  [1, 2],
  8,
  { rule: "even", weights: { lo: -1, hi: 1 }, bias: 9, zeroPoint: 7 },
  2,
  1,
);
dense("threshold form", [1, 4], 6, { rule: "curve", bias: 9 }, 2, 1);
dense(
  "threshold form, most accumulators on a threshold",
  [64, 1],
  2,
  { rule: "curve", weights: { lo: 1, hi: 1 }, bias: 9 },
  1,
  1,
);
dense("threshold form, uint8", [1, 4], 1, { rule: "curve", bias: 9, type: uint8 }, 1, 4);

design(
  "max pool 3x3, stride 2, padded, uint8",
  (b) => {
    const x = b.tensor([1, 7, 6, 4], uint8);
    return [x, layers.addMaxPool(b, x, { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 0, 1] })];
  },
  [{ pe: 2, simd: 1 }],
);
design("max pool 2x2, dilated, int8", (b) => {
  const x = b.tensor([1, 5, 5, 3]);
  return [x, layers.addMaxPool(b, x, { kernel: [2, 2], dilations: [2, 2] })];
});
design(
  "average pool, padding not counted",
  (b, r) => {
    const x = b.tensor([1, 5, 4, 4]);
    return [x, layers.addAveragePool(b, r, x, { kernel: [3, 3], pads: [1, 1, 1, 1] })];
  },
  [{ pe: 4, simd: 1 }],
);
design("average pool, padding counted, uint8", (b, r) => {
  const x = b.tensor([1, 5, 4, 2], uint8);
  return [x, layers.addAveragePool(b, r, x, { kernel: [2, 3], strides: [1, 2], pads: [1, 2, 0, 1], includePad: true })];
});
design("global average", (b, r) => {
  const x = b.tensor([1, 4, 3, 5]);
  return [x, layers.addAveragePool(b, r, x, { kernel: [4, 3] })];
});
design("global average of two channels, thresholds", (b, r) => {
  const x = b.tensor([1, 2, 2, 2], uint8);
  return [x, layers.addAveragePool(b, r, x, { kernel: [2, 2], rule: "curve" })];
});
design("global average of one channel", (b, r) => {
  const x = b.tensor([1, 3, 3, 1]);
  return [x, layers.addAveragePool(b, r, x, { kernel: [3, 3] })];
});

design("add of a table to its input, tables", (b, r) => {
  const x = b.tensor([1, 40], uint8);
  return [x, layers.addAdd(b, r, layers.addTable(b, r, x), x, "tables")];
});
design("add of uint8 and int8, linear", (b, r) => {
  const x = b.tensor([1, 40], uint8);
  const y = layers.addTable(b, r, x);
  return [x, layers.addAdd(b, r, layers.addAdd(b, r, x, y, "linear"), x, "linear")];
});
design("residual add over two 3x3 convolutions, linear", (b, r) => {
  const x = b.tensor([1, 8, 6, 4]);
  const y = layers.addConv2d(b, r, x, { out: 4, kernel: [3, 3], pads: [1, 1, 1, 1] });
  const z = layers.addConv2d(b, r, y, { out: 4, kernel: [3, 3], pads: [1, 1, 1, 1] });
  return [x, layers.addAdd(b, r, z, x, "linear")];
});
design("residual add with a convolution on both paths, uint8, tables", (b, r) => {
  const x = b.tensor([1, 9, 5, 2], uint8);
  const y = layers.addConv2d(b, r, x, { out: 4, kernel: [5, 3], strides: [2, 2], pads: [2, 1, 2, 1], type: uint8 });
  const z = layers.addConv2d(b, r, x, { out: 4, kernel: [1, 1], strides: [2, 2] });
  return [x, layers.addAdd(b, r, y, z, "tables")];
});
design("nested forks, a frame-wide lag, a tensor added to itself", (b, r) => {
  const x = b.tensor([1, 4, 4, 3]);
  const t = layers.addTranspose(b, x, [0, 2, 1, 3]);
  const y = layers.addAdd(b, r, x, t, "linear");
  const z = layers.addAdd(b, r, layers.addTable(b, r, x), y, "linear");
  return [
    x,
    layers.addAdd(b, r, layers.addAdd(b, r, z, z, "linear"), layers.addTranspose(b, y, [0, 2, 1, 3]), "linear"),
  ];
});

design("table, uint8 to int8", (b, r) => {
  const x = b.tensor([1, 300], uint8);
  return [x, layers.addTable(b, r, x)];
});
design("transpose to channels first", (b) => {
  const x = b.tensor([1, 3, 4, 5]);
  return [x, layers.addTranspose(b, x, [0, 3, 1, 2])];
});
design("transpose of four axes, then reshape", (b) => {
  const x = b.tensor([2, 3, 4, 5]);
  return [x, layers.addReshape(b, layers.addTranspose(b, x, [3, 1, 0, 2]))];
});
design("softmax, half even", (b) => {
  const x = b.tensor([3, 7]);
  return [x, layers.addSoftmax(b, x, "even")];
});
design("softmax, quotients halfway between codes", (b, r) => {
  const x = b.tensor([30, 3]);
  const exponentials = new Uint32Array(256);
  exponentials.set([256, 255, 1]); // over their sum, 512, times 256: 128, 127.5 and 0.5
  return [x, layers.addSoftmax(b, layers.addTable(b, r, x, { lo: 5, hi: 7 }), "even", int8, exponentials)];
});
design("softmax, TFLite, uint8", (b) => {
  const x = b.tensor([1, 12], uint8);
  return [x, layers.addSoftmax(b, x, "tflite", uint8)];
});

design("strided copy: a slice backwards along two axes, elements skipped at both ends", (b) => {
  const x = b.tensor([1, 4, 5, 3]);
  return [x, b.node("strided", [x], [1, 2, 2, 3], { dims: [2, 2, 3], strides: [15, -3, 1], offset: 24 })];
});
design("strided copy: every element twice along two axes, uint8", (b) => {
  const x = b.tensor([1, 3, 2, 2], uint8);
  const attributes = { dims: [3, 2, 2, 2, 2], strides: [4, 0, 2, 0, 1], offset: 0 };
  return [x, b.node("strided", [x], [1, 6, 4, 2], attributes, uint8)];
});
design("padding around an image", (b) => {
  const x = b.tensor([1, 3, 4, 2]);
  return [x, b.node("pad", [x], [1, 6, 5, 3], { pads: [0, 1, 0, 1, 0, 2, 1, 0], code: -7 })];
});
design("joined channels: the input, its maximum pool, its table", (b, r) => {
  const x = b.tensor([1, 5, 4, 3]);
  const y = layers.addMaxPool(b, x, { kernel: [3, 3], pads: [1, 1, 1, 1] });
  return [x, b.node("concat", [x, y, layers.addTable(b, r, x)], [1, 5, 4, 9], { axis: 3 })];
});

/** A design from ONNX nodes on an image [1, 3, 4, 5] of int8 codes; `build` returns a result to be quantized. */
function fromOnnx(title: string, build: (b: ModelBuilder, x: string) => string): void {
  const b = new ModelBuilder(designs.length + 1);
  const x = b.qdq(b.input([1, 3, 4, 5]), { scale: 0.0471, zeroPoint: 11 });
  b.output(b.quantize(build(b, x), { scale: 0.0719, zeroPoint: -3 }));
  designs.push({ title, graph: compile(b.bytes()).integerGraph });
}

/** The first elements of x along each axis, requantized. */
function part(b: ModelBuilder, x: string, dims: readonly number[]): string {
  const ints = (values: readonly number[]) => b.constant("i", "int64", [values.length], values);
  const slice = b.node("Slice", [x, ints(dims.map(() => 0)), ints(dims)]);
  return b.qdq(slice, { scale: 0.0313, zeroPoint: -21 });
}

/** Sums of 16-bit codes whose scales are in no small ratio. */
function wideSum(): void {
  const b = new ModelBuilder(1);
  const [first, second, result] = [
    { scale: 0.000471, zeroPoint: 11, type: "int16" },
    { scale: 0.000713, zeroPoint: -300, type: "int16" },
    { scale: 0.00091, zeroPoint: 7, type: "int16" },
  ] as const;
  const x = b.dequantize(b.input([1, 30], "int16"), first);
  b.output(b.quantize(b.node("Add", [x, b.qdq(b.node("Neg", [x]), second)]), result));
  designs.push({ title: "sum of 16-bit codes", graph: compile(b.bytes()).integerGraph });
}
wideSum();

fromOnnx("mul by one value per channel", (b, x) => b.node("Mul", [x, part(b, x, [1, 3, 1, 1])]));
fromOnnx("max with one value per pixel", (b, x) => b.node("Max", [x, part(b, x, [1, 1, 4, 5])]));
fromOnnx("add of a constant image", (b, x) => b.node("Add", [x, b.weights([1, 3, 4, 5])]));
fromOnnx("rows of a table", (b, x) => b.node("Gather", [b.weights([5, 3]), b.node("ArgMax", [x], { axis: 1 })]));

fromOnnx("one table per channel", (b, x) =>
  b.node("PRelu", [x, b.constant("slope", "float", [3, 1, 1], [0.1, 0.25, 2])]),
);
fromOnnx("linear resize", (b, x) => {
  const scales = b.constant("scales", "float", [4], [1, 1, 2, 2]);
  return b.node("Resize", [x, "", scales], { mode: "linear" });
});
fromOnnx("columns by a list", (b, x) =>
  b.node("Gather", [x, b.constant("i", "int64", [4], [4, 0, 0, 2])], { axis: 3 }),
);
fromOnnx("where by a comparison", (b, x) => {
  const y = b.qdq(b.node("Neg", [x]), { scale: 0.0313, zeroPoint: -21 });
  return b.node("Where", [b.node("Greater", [x, b.constant("bound", "float", [], [0.1])]), x, y]);
});
