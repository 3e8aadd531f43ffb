/** A small model for every op home, by which docs/operators.md finds out what the engines take. */
import { ModelBuilder } from "../../test/helpers/onnx.js";

/** One operation on real values; `other` is a second graph input of the same shape. */
type Body = (b: ModelBuilder, x: string, other: () => string) => string;

interface Sample {
  readonly dims: readonly number[];
  readonly body: Body;
  /** True when the result is a graph output as it is: it has no real values to quantize. */
  readonly codes?: boolean;
}

const image = [1, 2, 4, 4];
const row = [1, 6];
const ints = (b: ModelBuilder, values: readonly number[]) => b.constant("i", "int64", [values.length], values);
const reals = (b: ModelBuilder, values: readonly number[]) => b.constant("c", "float", [values.length], values);

const samples: Readonly<Record<string, Sample>> = {
  add: { dims: row, body: (b, x, other) => b.node("Add", [x, other()]) },
  "arg-max": { dims: row, body: (b, x) => b.node("ArgMax", [x], { axis: 1 }), codes: true },
  "average-pool2d": { dims: image, body: (b, x) => b.node("AveragePool", [x], { kernel_shape: [2, 2] }) },
  "channel-table": {
    dims: image,
    body: (b, x) =>
      b.node("BatchNormalization", [x, reals(b, [1, 2]), reals(b, [0, 1]), reals(b, [0.5, 0]), reals(b, [1, 4])]),
  },
  concat: { dims: row, body: (b, x, other) => b.node("Concat", [x, other()], { axis: 1 }) },
  conv2d: { dims: image, body: (b, x) => b.node("Conv", [x, b.weights([3, 2, 3, 3])], { pads: [1, 1, 1, 1] }) },
  dense: { dims: row, body: (b, x) => b.node("Gemm", [x, b.weights([6, 4])]) },
  embedding: {
    dims: row,
    body: (b, x) => b.node("Gather", [b.weights([5, 3]), b.node("ArgMax", [x], { axis: 1 })]),
  },
  extremum: { dims: row, body: (b, x, other) => b.node("Max", [x, other()]) },
  gather: { dims: row, body: (b, x) => b.node("Gather", [x, ints(b, [5, 0, 2])], { axis: 1 }) },
  "interior-pad2d": {
    dims: image,
    body: (b, x) => b.node("ConvTranspose", [x, b.weights([2, 3, 2, 2], [0.01], 1)], { strides: [2, 2] }),
  },
  matmul: { dims: [1, 3, 3], body: (b, x, other) => b.node("MatMul", [x, other()]) },
  "max-pool2d": { dims: image, body: (b, x) => b.node("MaxPool", [x], { kernel_shape: [2, 2] }) },
  mul: { dims: row, body: (b, x, other) => b.node("Mul", [x, other()]) },
  pad: { dims: row, body: (b, x) => b.node("Pad", [x, ints(b, [0, 1, 0, 2])]) },
  "resize-linear": {
    dims: image,
    body: (b, x) => b.node("Resize", [x, "", reals(b, [1, 1, 2, 2])], { mode: "linear" }),
  },
  reshape: { dims: image, body: (b, x) => b.node("Flatten", [x]) },
  select: { dims: row, body: (b, x, other) => b.node("Where", [b.node("Greater", [x, reals(b, [0])]), x, other()]) },
  softmax: { dims: row, body: (b, x) => b.node("Softmax", [x]) },
  "wide-softmax": { dims: row, body: (b, x) => b.node("LogSoftmax", [x]) },
  strided: {
    dims: row,
    body: (b, x) => b.node("Slice", [x, ints(b, [5]), ints(b, [-9]), ints(b, [1]), ints(b, [-2])]),
  },
  table: { dims: row, body: (b, x) => b.node("LeakyRelu", [x]) },
  transpose: { dims: [1, 3, 2], body: (b, x) => b.node("Transpose", [x], { perm: [0, 2, 1] }) },
};

const dataTypes: Readonly<Record<number, number>> = { 2: 26, 4: 22, 8: 3, 16: 5 };

/** Widths of signed codes that ONNX models can have. */
export const widths = Object.keys(dataTypes).map(Number);

/** The model of a home whose input, result and second input are codes of `bits` bits; undefined for homes without a sample. */
export function sampleModel(home: string, bits: number): Uint8Array | undefined {
  const sample = Object.hasOwn(samples, home) ? samples[home] : undefined;
  if (!sample) return undefined;
  const b = new ModelBuilder();
  b.opset = 21;
  const border = (x: string, scale: number): string => {
    const zeroPoint = b.constant("zp", bits === 16 ? "int16" : "int8", [], [0]);
    b.overrides.set(zeroPoint, { dataType: dataTypes[bits] });
    const parameters = [b.constant("scale", "float", [], [scale]), zeroPoint];
    return b.node("DequantizeLinear", [b.node("QuantizeLinear", [x, ...parameters]), ...parameters]);
  };
  const step = 4 / 2 ** (bits - 1);
  const result = sample.body(b, border(b.input(sample.dims), step), () =>
    border(b.input(sample.dims, "float", "other"), step * 1.3),
  );
  return b.output(sample.codes ? result : border(result, step * 1.7)).bytes();
}
