/** Windows over signals, windows that reach beyond the padding (ceil_mode), and smallest codes, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, coordinates, describeCases } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const q: Affine = { scale: 0.0471, zeroPoint: 3 };
const to: Affine = { scale: 0.0613, zeroPoint: -11 };

type Pool = "MaxPool" | "AveragePool";

interface Attributes {
  readonly kernel_shape: readonly number[];
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
  readonly ceil_mode?: number;
  readonly count_include_pad?: number;
}

/** The pool by its definition, axis by axis: a tap is inside the image, in the padding, or beyond it. */
function pooled(kind: Pool, given: Attributes, dims: readonly number[], codes: readonly number[]) {
  const size = dims.slice(2);
  const { kernel_shape: kernel, ceil_mode: ceil = 0, count_include_pad: includePad = 0 } = given;
  const { strides = size.map(() => 1), dilations = size.map(() => 1), pads = size.flatMap(() => [0, 0]) } = given;
  const outputs = size.map((length, axis) => {
    const padded = length + pads[axis]! + pads[axis + size.length]!;
    const steps = (padded - (kernel[axis]! - 1) * dilations[axis]! - 1) / strides[axis]!;
    const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return ceil && (count - 1) * strides[axis]! >= length + pads[axis]! ? count - 1 : count;
  });
  const shape = [1, dims[1]!, ...outputs];
  const values = coordinates(shape).map(([, channel, ...at]) => {
    const taps: number[] = [];
    let inPadding = 0;
    for (const tap of coordinates(kernel)) {
      const place = tap.map((t, axis) => at[axis]! * strides[axis]! - pads[axis]! + t * dilations[axis]!);
      if (place.every((p, axis) => p >= 0 && p < size[axis]!)) {
        taps.push(codes[[channel!, ...place].reduce((index, p, axis) => index * dims[axis + 1]! + p, 0)]!);
      } else if (place.every((p, axis) => p < size[axis]! + pads[axis + size.length]!)) inPadding++;
    }
    if (kind === "MaxPool") return Math.max(...taps);
    const sum = taps.reduce((total, tap) => total + real(tap, q), 0);
    return code(sum / (taps.length + (includePad ? inPadding : 0)), to);
  });
  return { shape, values };
}

function pooling(kind: Pool, attributes: Attributes, dims: readonly number[]): Case {
  const b = new ModelBuilder();
  b.opset = 19;
  const x = b.dequantize(b.input(dims, "int8"), q);
  const y = b.node(kind, [x], attributes as unknown as Record<string, Attribute>);
  const { shape } = pooled(kind, attributes, dims, new Array(dims.reduce((a, c) => a * c)).fill(0));
  const words = Object.entries(attributes).map(([name, value]) => `${name} ${value}`);
  return {
    title: `${kind} of [${dims}], ${words.join(", ")}`,
    model: b.output(b.quantize(y, kind === "MaxPool" ? q : to)),
    shapes: [shape],
    plain: (codes) => [pooled(kind, attributes, dims, codes).values],
  };
}

const image = [1, 3, 7, 6];
const signal = [1, 3, 11];

const pools = [
  pooling("MaxPool", { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, image),
  pooling("MaxPool", { kernel_shape: [3, 2], strides: [3, 3], pads: [1, 0, 1, 0], ceil_mode: 1 }, image),
  pooling("MaxPool", { kernel_shape: [1, 1], strides: [2, 4], ceil_mode: 1 }, [1, 2, 2, 5]),
  pooling("AveragePool", { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, image),
  pooling("AveragePool", { kernel_shape: [2, 2], dilations: [2, 3], strides: [2, 1], pads: [1, 1, 1, 1] }, image),
  pooling(
    "AveragePool",
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 0, 0], ceil_mode: 1, count_include_pad: 1 },
    [1, 2, 7, 6],
  ),
  pooling("AveragePool", { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 }, image),
  pooling("MaxPool", { kernel_shape: [3], strides: [2], pads: [1, 1] }, signal),
  pooling("MaxPool", { kernel_shape: [4], strides: [3], dilations: [2], ceil_mode: 1 }, signal),
  pooling("AveragePool", { kernel_shape: [3], strides: [2], pads: [1, 0] }, signal),
  pooling("AveragePool", { kernel_shape: [4], strides: [3], pads: [2, 1], ceil_mode: 1, count_include_pad: 1 }, signal),
];

/** A model around one node on `dims`, for ONNX Runtime to judge. */
function modelOf(
  title: string,
  dims: readonly number[],
  body: (b: ModelBuilder, x: string) => string,
  output: Affine = to,
): Case {
  const b = new ModelBuilder(17);
  const x = b.dequantize(b.input(dims, "int8"), q);
  return { title, model: b.output(b.quantize(body(b, x), output)) };
}

function qlinear(): Case {
  const b = new ModelBuilder(5);
  const one = (name: string, value: number) => b.constant(name, "float", [], [value]);
  const zp = (value: number) => b.constant("z", "int8", [], [value]);
  const weights = b.constant(
    "w",
    "int8",
    [2, 3, 4],
    Array.from({ length: 24 }, (_, k) => ((k * 37) % 255) - 127),
  );
  const scales = b.constant("ws", "float", [2], [0.01, 0.02]);
  const zeros = b.constant("wz", "int8", [2], [0, 0]);
  const inputs = [b.input(signal, "int8"), one("xs", 0.05), zp(3), weights, scales, zeros, one("ys", 0.11), zp(-7)];
  return { title: "QLinearConv of a signal", model: b.output(b.node("QLinearConv", inputs, { pads: [1, 2] })) };
}

const wide: Affine = { scale: 0.31, zeroPoint: 7 };
const nodes: Case[] = [
  modelOf(
    "Conv of a signal",
    signal,
    (b, x) =>
      b.node("Conv", [x, b.weights([4, 3, 3], [0.01, 0.02, 0.015, 0.03]), b.bias(4)], {
        strides: [2],
        pads: [2, 1],
        dilations: [2],
      }),
    wide,
  ),
  modelOf(
    "depthwise Conv of a signal",
    signal,
    (b, x) => b.node("Conv", [x, b.weights([3, 1, 5])], { group: 3, auto_pad: "SAME_LOWER" }),
    wide,
  ),
  modelOf(
    "two Convs of a signal",
    signal,
    (b, x) =>
      b.node("Conv", [b.qdq(b.node("Relu", [b.node("Conv", [x, b.weights([4, 3, 3])])]), to), b.weights([2, 4, 2])]),
    wide,
  ),
  modelOf("GlobalAveragePool of a signal", signal, (b, x) => b.node("GlobalAveragePool", [x]), {
    scale: 0.0131,
    zeroPoint: 0,
  }),
  modelOf("GlobalMaxPool of a signal", signal, (b, x) => b.node("GlobalMaxPool", [x]), q),
  modelOf("ReduceMin over the image", image, (b, x) => b.node("ReduceMin", [x], { axes: [2, 3] }), q),
  modelOf("ReduceMin over rows", image, (b, x) => b.node("ReduceMin", [x], { axes: [2], keepdims: 0 }), q),
  qlinear(),
];

describeCases([...pools, ...nodes]);
describeWitnessed([...pools, ...nodes]);

describe("a signal", () => {
  it("is an image one column wide, so that a stage keeps a few steps of it", () => {
    const { integerGraph } = compile(nodes[2]!.model.bytes());
    const convs = integerGraph.nodes.filter(({ op }) => op === "conv2d");
    expect(convs.map(({ inputs }) => inputs[0]!.shape)).toEqual([
      [1, 11, 1, 3],
      [1, 9, 1, 4],
    ]);
    // Between the two nothing moves.
    expect(integerGraph.nodes.filter(({ op }) => op === "transpose" || op === "strided").length).toBe(2);
  });
});
