/** QLinear operators mean DequantizeLinear, the real operator, QuantizeLinear: equal to exact arithmetic of that spelling. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { Random, randomInput } from "../hdl/graphs.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { evaluateOnnx } from "../helpers/onnx-reference.js";

/** The input scale is a power of two, so that input scale * weight scale, the unit of an int32 bias, is a float32. */
const input: Affine = { scale: 2 ** -5, zeroPoint: 3 };
const output: Affine = { scale: 0.093, zeroPoint: -7 };
const contrib = { domain: "com.microsoft" };

/** Scale and zero point inputs of one tensor. */
function affine(b: ModelBuilder, { scale, zeroPoint, type = "int8" }: Affine): string[] {
  return [b.constant("s", "float", [], [scale]), b.constant("z", type, [], [zeroPoint])];
}

interface Weights {
  readonly dims: readonly number[];
  readonly scales: readonly number[];
  readonly axis: number;
  readonly bias?: number;
}

/** Seeded weights and bias as codes with their parameters. */
function codes(b: ModelBuilder, { dims, scales, bias = 0 }: Weights) {
  const random = new Random(5);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const shape = scales.length === 1 ? [] : [scales.length];
  return {
    weights: b.constant(
      "w",
      "int8",
      dims,
      Array.from({ length: count }, () => random.integer(-127, 127)),
    ),
    scale: b.constant("ws", "float", shape, scales),
    zero: b.constant(
      "wz",
      "int8",
      shape,
      scales.map(() => 0),
    ),
    bias:
      bias === 0
        ? ""
        : b.constant(
            "b",
            "int32",
            [bias],
            Array.from({ length: bias }, () => random.integer(-2000, 2000)),
          ),
  };
}

/** The same weights behind DequantizeLinear. */
function dequantized(b: ModelBuilder, given: Weights): string[] {
  const { weights, scale, zero, bias } = codes(b, given);
  const axis: Record<string, Attribute> = given.scales.length === 1 ? {} : { axis: given.axis };
  const w = b.node("DequantizeLinear", [weights, scale, zero], axis);
  if (bias === "") return [w];
  const units = b.constant(
    "bs",
    "float",
    given.scales.length === 1 ? [] : [given.scales.length],
    given.scales.map((s) => Math.fround(s) * input.scale),
  );
  return [w, b.node("DequantizeLinear", [bias, units], given.scales.length === 1 ? {} : { axis: 0 })];
}

/** A model with an int8 input, whose only operation `body` makes from the input's name; its twin is the reference. */
function agree(
  dims: readonly number[],
  body: (b: ModelBuilder, x: string) => string,
  twin: (b: ModelBuilder, x: string) => string,
): void {
  const model = new ModelBuilder();
  model.output(body(model, model.input(dims, "int8")));
  const reference = new ModelBuilder();
  reference.output(
    reference.quantize(twin(reference, reference.dequantize(reference.input(dims, "int8"), input)), output),
  );
  const { integerGraph } = compile(model.bytes());
  for (const seed of [1, 2]) {
    const x = randomInput(new Random(seed), integerGraph.inputs[0]!);
    const [expected] = evaluateOnnx(reference, Array.from(x));
    expect(Array.from(outputsOf(integerGraph, [x])[0]!)).toEqual(expected!.codes);
    expect(integerGraph.outputs[0]!.shape).toEqual(expected!.dims);
  }
}

describe("QLinear spellings", () => {
  it.each([[[0.0123]], [[0.01, 0.02, 0.03, 0.04]]])("QLinearConv, weight scales %j", (scales) => {
    const given: Weights = { dims: [4, 2, 3, 3], scales, axis: 0, bias: 4 };
    const attributes = { pads: [1, 0, 1, 2], strides: [2, 1] };
    agree(
      [1, 2, 6, 5],
      (b, x) => {
        const { weights, scale, zero, bias } = codes(b, given);
        return b.node(
          "QLinearConv",
          [x, ...affine(b, input), weights, scale, zero, ...affine(b, output), bias],
          attributes,
        );
      },
      (b, x) => b.node("Conv", [x, ...dequantized(b, given)], attributes),
    );
  });

  it.each([[[0.0123]], [[0.01, 0.02, 0.03]]])("QLinearMatMul, weight scales %j", (scales) => {
    const given: Weights = { dims: [8, 3], scales, axis: 1 };
    agree(
      [1, 8],
      (b, x) => {
        const { weights, scale, zero } = codes(b, given);
        return b.node("QLinearMatMul", [x, ...affine(b, input), weights, scale, zero, ...affine(b, output)]);
      },
      (b, x) => b.node("MatMul", [x, ...dequantized(b, given)]),
    );
  });

  it("QGemm, both weight orders", () => {
    for (const transB of [0, 1]) {
      const given: Weights = { dims: transB ? [3, 8] : [8, 3], scales: [0.0123], axis: 0, bias: 3 };
      agree(
        [1, 8],
        (b, x) => {
          const { weights, scale, zero, bias } = codes(b, given);
          return b.node(
            "QGemm",
            [x, ...affine(b, input), weights, scale, zero, bias, ...affine(b, output)],
            { transB, alpha: { float: 1 } },
            contrib,
          );
        },
        (b, x) => b.node("Gemm", [x, ...dequantized(b, given)], { transB }),
      );
    }
  });

  it("QLinearAdd", () => {
    const other: Affine = { scale: 0.0217, zeroPoint: -9 };
    agree(
      [1, 64],
      (b, x) =>
        b.node("QLinearAdd", [x, ...affine(b, input), x, ...affine(b, other), ...affine(b, output)], {}, contrib),
      (b, x) => b.node("Add", [x, b.dequantize("x", other)]),
    );
  });

  it("QLinearAveragePool and QLinearGlobalAveragePool", () => {
    const window = { kernel_shape: [2, 3], strides: [1, 2], pads: [1, 0, 0, 1] };
    agree(
      [1, 3, 5, 6],
      (b, x) => b.node("QLinearAveragePool", [x, ...affine(b, input), ...affine(b, output)], window, contrib),
      (b, x) => b.node("AveragePool", [x], window),
    );
    agree(
      [1, 3, 5, 6],
      (b, x) =>
        b.node(
          "QLinearGlobalAveragePool",
          [x, ...affine(b, input), ...affine(b, output)],
          { channels_last: 0 },
          contrib,
        ),
      (b, x) => b.node("GlobalAveragePool", [x]),
    );
    // Channels last: the same pool between two transposes.
    agree(
      [1, 5, 6, 3],
      (b, x) =>
        b.node(
          "QLinearGlobalAveragePool",
          [x, ...affine(b, input), ...affine(b, output)],
          { channels_last: 1 },
          contrib,
        ),
      (b, x) =>
        b.node("Transpose", [b.node("GlobalAveragePool", [b.node("Transpose", [x], { perm: [0, 3, 1, 2] })])], {
          perm: [0, 2, 3, 1],
        }),
    );
  });

  it("QLinearSoftmax", () => {
    agree(
      [1, 6],
      (b, x) =>
        b.node("QLinearSoftmax", [x, ...affine(b, input), ...affine(b, output)], { axis: 1, opset: 13 }, contrib),
      (b, x) => b.node("Softmax", [x]),
    );
  });

  it("a model of contributed operators alone need not import the standard ones", () => {
    const b = new ModelBuilder();
    const y = b.node(
      "QLinearSigmoid",
      [b.input([1, 4], "int8"), ...affine(b, input), ...affine(b, output)],
      {},
      contrib,
    );
    const importing = (domain: string) => b.bytes((proto) => (proto.opsetImport = [{ domain, version: 1 }]));
    b.output(y);
    expect(compile(importing("com.microsoft")).integerGraph.outputs).toHaveLength(1);
    b.output(b.node("Relu", [y]));
    expect(() => compile(importing("com.microsoft"))).toThrow("QC1006");
  });

  it("Identity, Dropout and Constant change nothing", () => {
    const values = { raw: { type: 4, t: { dims: [2], dataType: 7, int64Data: [1, 8] } } };
    agree(
      [1, 2, 4],
      (b, x) => {
        const shape = b.node("Constant", [], { value: values });
        const flat = b.node("Reshape", [b.node("Identity", [b.dequantize(x, input)]), shape]);
        return b.quantize(b.node("Dropout", [flat]), output);
      },
      (b, x) => b.node("Flatten", [x]),
    );
  });
});

describe("QLinear refusals", () => {
  const refused = (model: ModelBuilder) => () => compile(model.bytes());
  const one = (body: (b: ModelBuilder, x: string) => string) => {
    const b = new ModelBuilder();
    return b.output(body(b, b.input([1, 4], "int8")));
  };
  const cases: [string, ModelBuilder, RegExp][] = [
    [
      "a missing scale",
      one((b, x) => b.node("QLinearAdd", [x, ...affine(b, input), x, "", "", ...affine(b, output)], {}, contrib)),
      /QC2002 .*the scale, is missing/,
    ],
    [
      "a missing output scale",
      one((b, x) => b.node("QLinearSoftmax", [x, ...affine(b, input)], {}, contrib)),
      /QC2002 .*the output scale, is missing/,
    ],
    [
      "an output of many scales",
      one((b, x) =>
        b.node(
          "QLinearSoftmax",
          [x, ...affine(b, input), b.constant("s", "float", [2], [1, 1]), b.constant("z", "int8", [2], [0, 0])],
          {},
          contrib,
        ),
      ),
      /QC2002 .*one scale/,
    ],
    [
      "a float result of QGemm",
      one((b, x) => {
        const { weights, scale, zero } = codes(b, { dims: [4, 2], scales: [1], axis: 0 });
        return b.node("QGemm", [x, ...affine(b, input), weights, scale, zero], {}, contrib);
      }),
      /QC2002 .*float result/,
    ],
    [
      "a Constant that is no tensor",
      one((b, x) => b.node("Reshape", [b.dequantize(x, input), b.node("Constant", [], { value_string: "x" })])),
      /QC2002 .*Constant/,
    ],
    [
      "a Constant whose tensor is a list",
      one((b, x) => b.node("Reshape", [b.dequantize(x, input), b.node("Constant", [], { value: [1, -1] })])),
      /QC2002 .*attribute 'value' must be a tensor/,
    ],
    [
      "a Constant without its tensor",
      one((b, x) =>
        b.node("Reshape", [b.dequantize(x, input), b.node("Constant", [], { value: { raw: { type: 4 } } })]),
      ),
      /QC2002 .*attribute 'value'/,
    ],
  ];
  it.each(cases)("%s", (_, model, message) => {
    expect(refused(model)).toThrow(message);
  });
});
