/** Every ONNX spelling this version accepts, against exact arithmetic from the standard: equal on every element. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { elementCount } from "../../compiler/ir/index.js";
import { Random, randomInput } from "../hdl/graphs.js";
import { type Affine, type Attribute, ModelBuilder, oneOp, smallNetwork } from "../helpers/onnx.js";
import { evaluateOnnx } from "../helpers/onnx-reference.js";

/** Compiles, runs three inputs and compares every output element with the reference. */
function agree(model: ModelBuilder, inputs = 3): void {
  const { integerGraph } = compile(model.bytes());
  const random = new Random(99);
  for (let run = 0; run < inputs; run++) {
    const input = randomInput(random, integerGraph.inputs[0]!);
    const actual = outputsOf(integerGraph, [input]);
    const expected = evaluateOnnx(model, Array.from(input));
    expect(integerGraph.outputs.map(({ shape }) => [...shape])).toEqual(expected.map(({ dims }) => [...dims]));
    expect(actual.map((codes) => Array.from(codes))).toEqual(expected.map(({ codes }) => codes));
  }
}

const attributes = (given: Record<string, Attribute>) => given;
const perChannel = (count: number) => Array.from({ length: count }, (_, i) => 0.004 * (i + 1));

describe("convolutions equal the standard", () => {
  const cases: [string, readonly number[], readonly number[], Record<string, Attribute>][] = [
    ["3x3, no padding", [1, 3, 6, 5], [4, 3, 3, 3], {}],
    ["kernel_shape given", [1, 3, 6, 5], [4, 3, 3, 3], { kernel_shape: [3, 3] }],
    ["1x1", [1, 3, 4, 4], [5, 3, 1, 1], {}],
    ["asymmetric pads", [1, 2, 5, 6], [3, 2, 3, 2], { pads: [2, 0, 1, 1] }],
    ["strides", [1, 2, 7, 8], [3, 2, 3, 3], { strides: [2, 3], pads: [1, 1, 1, 1] }],
    ["dilations", [1, 2, 7, 8], [3, 2, 3, 2], { dilations: [2, 3], pads: [1, 0, 2, 1] }],
    ["groups", [1, 6, 5, 5], [4, 3, 3, 3], { group: 2 }],
    ["depthwise", [1, 4, 5, 5], [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }],
    ["depthwise with multiplier", [1, 3, 5, 5], [6, 1, 3, 3], { group: 3 }],
    ["SAME_UPPER, odd padding", [1, 2, 6, 7], [3, 2, 2, 4], { auto_pad: "SAME_UPPER" }],
    ["SAME_LOWER, odd padding", [1, 2, 6, 7], [3, 2, 2, 4], { auto_pad: "SAME_LOWER" }],
    [
      "SAME_UPPER, strides and dilations",
      [1, 2, 7, 7],
      [2, 2, 3, 3],
      { auto_pad: "SAME_UPPER", strides: [2, 2], dilations: [2, 1] },
    ],
    ["VALID", [1, 2, 5, 5], [2, 2, 3, 3], { auto_pad: "VALID" }],
    ["NOTSET", [1, 2, 5, 5], [2, 2, 3, 3], { auto_pad: "NOTSET", pads: [1, 1, 0, 0] }],
  ];
  it.each(cases)("%s", (_, input, weights, given) => {
    agree(oneOp(input, (b, x) => b.node("Conv", [x, b.weights(weights), b.bias(weights[0]!)], given)));
    agree(oneOp(input, (b, x) => b.node("Conv", [x, b.weights(weights, perChannel(weights[0]!))], given), { seed: 2 }));
  });

  it("per-channel weights and biases with scales of their own, uint8 activations", () => {
    const input: Affine = { scale: 0.031, zeroPoint: 200, type: "uint8" };
    const output: Affine = { scale: 0.07, zeroPoint: 11, type: "uint8" };
    agree(
      oneOp(
        [1, 3, 5, 5],
        (b, x) => b.node("Conv", [x, b.weights([4, 3, 3, 3], perChannel(4)), b.bias(4, perChannel(4))]),
        { input, output },
      ),
    );
  });

  it("true ties (power-of-two scales) round half to even on the value before the zero point", () => {
    for (const zeroPoint of [0, 1, -128]) {
      const model = oneOp([1, 2, 4, 4], (b, x) => b.node("Conv", [x, b.weights([3, 2, 2, 2], [2 ** -6], 0, 9)]), {
        input: { scale: 2 ** -4, zeroPoint: 5 },
        output: { scale: 2 ** -6, zeroPoint },
      });
      agree(model);
    }
  });

  it("Relu and Clip before quantization", () => {
    const conv = (b: ModelBuilder, x: string) => b.node("Conv", [x, b.weights([3, 2, 3, 3]), b.bias(3)]);
    agree(oneOp([1, 2, 5, 5], (b, x) => b.node("Relu", [conv(b, x)])));
    agree(
      oneOp([1, 2, 5, 5], (b, x) =>
        b.node("Clip", [conv(b, x), b.constant("lo", "float", [], [-0.33]), b.constant("hi", "float", [], [1.27])]),
      ),
    );
    agree(
      oneOp([1, 2, 5, 5], (b, x) =>
        b.node("Relu", [b.node("Clip", [conv(b, x), "", b.constant("hi", "float", [], [2])])]),
      ),
    );
    agree(
      oneOp([1, 2, 5, 5], (b, x) =>
        b.node("Clip", [
          b.node("Relu", [conv(b, x)]),
          b.constant("lo", "float", [], [-3]),
          b.constant("hi", "float", [], [-1]),
        ]),
      ),
    );
  });
});

describe("matrix products equal the standard", () => {
  it("Gemm, both weight orders, with and without bias", () => {
    agree(oneOp([1, 20], (b, x) => b.node("Gemm", [x, b.weights([20, 7]), b.bias(7)])));
    agree(oneOp([1, 20], (b, x) => b.node("Gemm", [x, b.weights([7, 20], perChannel(7)), b.bias(7)], { transB: 1 })));
    agree(
      oneOp([1, 20], (b, x) =>
        b.node("Gemm", [x, b.weights([20, 7], perChannel(7), 1)], { alpha: { float: 1 }, beta: { float: 1 } }),
      ),
    );
    agree(oneOp([1, 20], (b, x) => b.node("Gemm", [x, b.weights([20, 7]), b.bias(7, [0.001], 3000, [1, 7])])));
  });

  it("MatMul of any rank, with its bias as an Add on either side", () => {
    agree(oneOp([1, 3, 10], (b, x) => b.node("MatMul", [x, b.weights([10, 4], perChannel(4), -1)])));
    agree(oneOp([1, 10], (b, x) => b.node("Add", [b.node("MatMul", [x, b.weights([10, 4])]), b.bias(4)])));
    agree(
      oneOp([1, 3, 10], (b, x) =>
        b.node("Add", [b.bias(4, [0.02], 300, [1, 4]), b.node("MatMul", [x, b.weights([10, 4])])]),
      ),
    );
  });

  it("weights with a zero point, within int8", () => {
    agree(
      oneOp([1, 12], (b, x) => {
        const codes = b.constant(
          "w",
          "uint8",
          [12, 3],
          Array.from({ length: 36 }, (_, i) => ((i * 7) % 120) + 60),
        );
        const w = b.node("DequantizeLinear", [
          codes,
          b.constant("s", "float", [], [0.02]),
          b.constant("z", "uint8", [], [128]),
        ]);
        return b.node("MatMul", [x, w]);
      }),
    );
  });

  it("a float weight constant quantized in the graph", () => {
    agree(
      oneOp([1, 4], (b, x) => {
        const codes = b.weights([4, 2]);
        return b.node("MatMul", [x, codes]);
      }),
    );
    const inGraph = oneOp([1, 4], (b, x) => {
      const float = b.constant("wf", "float", [4, 2], [0.5, -0.25, 0.123, 9, -9, 0.016, 0.004, -0.007]);
      return b.node("MatMul", [x, b.qdq(float, { scale: 0.01, zeroPoint: 0 })]);
    });
    agree(inGraph);
  });
});

describe("elementwise operations equal the standard", () => {
  const sum = (a: Affine, c: Affine, output: Affine) => {
    const b = new ModelBuilder();
    const x = b.quantize(b.input([1, 300]), a);
    const y = b.quantize(b.dequantize(x, a), c);
    return b.output(b.qdq(b.node("Add", [b.dequantize(x, a), b.dequantize(y, c)]), output));
  };
  it("Add with three scales", () => {
    agree(sum({ scale: 0.0512, zeroPoint: 3 }, { scale: 0.0317, zeroPoint: -100 }, { scale: 0.0723, zeroPoint: 20 }));
    agree(
      sum(
        { scale: 0.0512, zeroPoint: 3, type: "uint8" },
        { scale: 0.0131, zeroPoint: -1 },
        { scale: 0.0723, zeroPoint: 20, type: "uint8" },
      ),
    );
  });
  it("Add with ties at odd and even zero points", () => {
    for (const zeroPoint of [0, 1, -3])
      agree(sum({ scale: 0.25, zeroPoint: 3 }, { scale: 0.125, zeroPoint: 7 }, { scale: 0.5, zeroPoint }));
  });
  it("Add of a tensor to itself, with Relu", () => {
    agree(oneOp([1, 40], (b, x) => b.node("Relu", [b.node("Add", [x, x])])));
  });
  it("requantization alone, Relu and Clip on quantized values", () => {
    agree(oneOp([1, 256], (_, x) => x));
    agree(oneOp([1, 256], (b, x) => b.node("Relu", [x])));
    agree(
      oneOp([1, 256], (b, x) =>
        b.node("Clip", [x, b.constant("lo", "float", [], [-1.05]), b.constant("hi", "float", [], [2.15])]),
      ),
    );
    const old = oneOp([1, 256], (b, x) => b.node("Clip", [x], { min: { float: -1.05 }, max: { float: 2.15 } }));
    old.opset = 10;
    agree(old);
    agree(
      oneOp([1, 256], (_, x) => x, {
        input: { scale: 0.05, zeroPoint: 128, type: "uint8" },
        output: { scale: 0.05, zeroPoint: 0 },
      }),
    );
  });
});

describe("pools equal the standard", () => {
  const windows = [
    { kernel_shape: [2, 2], strides: [2, 2] },
    { kernel_shape: [3, 2], pads: [1, 1, 2, 0] },
    { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
    { kernel_shape: [2, 2], dilations: [2, 3] },
  ].map(attributes);
  it.each(windows)("MaxPool %j", (given) => agree(oneOp([1, 3, 7, 6], (b, x) => b.node("MaxPool", [x], given))));
  it.each(windows)("AveragePool %j", (given) => {
    agree(oneOp([1, 3, 7, 6], (b, x) => b.node("AveragePool", [x], given)));
    agree(oneOp([1, 3, 7, 6], (b, x) => b.node("AveragePool", [x], { ...given, count_include_pad: 1 })));
    agree(
      oneOp([1, 3, 7, 6], (b, x) => b.node("Relu", [b.node("AveragePool", [x], given)]), {
        output: { scale: 0.05, zeroPoint: -128 },
      }),
    );
  });
  it("pools with equal input and output quantization hit true ties", () => {
    for (const zeroPoint of [2, 3]) {
      const same: Affine = { scale: 0.05, zeroPoint };
      agree(
        oneOp([1, 2, 4, 4], (b, x) => b.node("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] }), {
          input: same,
          output: same,
        }),
      );
      agree(oneOp([1, 9, 2, 2], (b, x) => b.node("GlobalAveragePool", [x]), { input: same, output: same }));
    }
  });
  it("GlobalAveragePool", () => agree(oneOp([1, 5, 3, 7], (b, x) => b.node("GlobalAveragePool", [x]))));
  it("MaxPool directly on codes", () => {
    const b = new ModelBuilder();
    const q = b.quantize(b.input([1, 2, 6, 6]), { scale: 0.1, zeroPoint: 0 });
    agree(b.output(b.node("MaxPool", [q], { kernel_shape: [3, 3] })));
  });
});

describe("moves equal the standard", () => {
  it("Reshape with -1 and 0; Flatten at every axis", () => {
    const reshape = (shape: number[]) => (b: ModelBuilder, x: string) =>
      b.node("Reshape", [x, b.constant("shape", "int64", [shape.length], shape)]);
    for (const shape of [[1, -1], [0, 6, -1], [24], [1, 2, 3, 4]]) agree(oneOp([1, 4, 6], reshape(shape)));
    for (const axis of [0, 1, 2, 3, -1]) agree(oneOp([1, 4, 6], (b, x) => b.node("Flatten", [x], { axis })));
  });
  it("Transpose with and without perm", () => {
    agree(oneOp([1, 3, 4, 5], (b, x) => b.node("Transpose", [x])));
    for (const perm of [
      [0, 2, 3, 1],
      [0, 3, 1, 2],
      [3, 1, 0, 2],
      [0, 1, 2, 3],
    ])
      agree(oneOp([1, 3, 4, 5], (b, x) => b.node("Transpose", [x], { perm })));
  });
});

describe("softmax equals the real softmax away from ties", () => {
  it.each([0.02, 0.1, 0.7])("input scale %d", (scale) => {
    agree(
      oneOp([1, 10], (b, x) => b.node("Softmax", [x]), {
        input: { scale, zeroPoint: 5 },
        output: { scale: 1 / 256, zeroPoint: -128 },
      }),
      20,
    );
    agree(
      oneOp([1, 4, 3], (b, x) => b.node("Softmax", [x], { axis: 2 }), {
        input: { scale, zeroPoint: 5 },
        output: { scale: 1 / 256, zeroPoint: 0, type: "uint8" },
      }),
      20,
    );
    agree(
      oneOp([1, 2], (b, x) => b.node("Softmax", [x]), {
        input: { scale, zeroPoint: -7 },
        output: { scale: 0.0061, zeroPoint: -100 },
      }),
      20,
    );
  });
});

describe("borders", () => {
  it("int8 input with a Transpose before its DequantizeLinear (an NHWC export)", () => {
    const b = new ModelBuilder();
    const q: Affine = { scale: 0.04, zeroPoint: 9 };
    const x = b.dequantize(b.node("Transpose", [b.input([1, 5, 6, 2], "int8")], { perm: [0, 3, 1, 2] }), q);
    const y = b.quantize(b.node("Conv", [x, b.weights([3, 2, 3, 3]), b.bias(3)]), { scale: 0.1, zeroPoint: 0 });
    agree(b.output(b.node("Transpose", [y], { perm: [0, 2, 3, 1] })));
  });
  it("a float input that is moved before it is quantized, once or twice", () => {
    const b = new ModelBuilder();
    const q: Affine = { scale: 0.04, zeroPoint: 9 };
    const x = b.input([1, 4, 4, 2]);
    const moved = b.node("MaxPool", [b.node("Transpose", [x], { perm: [0, 3, 1, 2] })], { kernel_shape: [2, 2] });
    const y = b.node("Conv", [b.qdq(moved, q), b.weights([2, 2, 3, 3])]);
    agree(b.output(b.quantize(y, { scale: 0.1, zeroPoint: 0 }), b.quantize(x, q)));
  });
  it("movements between an operation and its QuantizeLinear", () => {
    agree(
      oneOp([1, 2, 5, 6], (b, x) =>
        b.node("Relu", [b.node("Transpose", [b.node("Conv", [x, b.weights([3, 2, 3, 3])])], { perm: [0, 2, 3, 1] })]),
      ),
    );
    agree(
      oneOp([1, 2, 5, 6], (b, x) =>
        b.node("MaxPool", [b.node("Conv", [x, b.weights([3, 2, 3, 3])])], { kernel_shape: [2, 2] }),
      ),
    );
    agree(
      oneOp([1, 12], (b, x) =>
        b.node("Reshape", [b.node("MatMul", [x, b.weights([12, 6])]), b.constant("r", "int64", [3], [1, 2, 3])]),
      ),
    );
  });
  it("a missing zero point is uint8 zero", () => {
    const b = new ModelBuilder();
    const s = b.constant("s", "float", [], [0.1]);
    const x = b.node("DequantizeLinear", [b.node("QuantizeLinear", [b.input([1, 8]), s]), s]);
    agree(b.output(b.node("QuantizeLinear", [b.node("MatMul", [x, b.weights([8, 3])]), s])));
  });
  it("a dequantized output, and several outputs", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 16]), { scale: 0.1, zeroPoint: 0 });
    const y = b.qdq(b.node("Relu", [x]), { scale: 0.05, zeroPoint: -128 });
    agree(b.output(y, b.quantize(b.node("MatMul", [y, b.weights([16, 2])]), { scale: 0.3, zeroPoint: 1 })));
  });
  it("a whole network", () => {
    for (const seed of [1, 2, 3]) agree(smallNetwork(seed));
    expect(elementCount(compile(smallNetwork().bytes()).integerGraph.outputs[0]!.shape)).toBe(5);
  });
});
