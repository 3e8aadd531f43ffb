/** What the TensorFlow Lite front end refuses: code, place and reason, all operators of a model at once. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Diagnostic, QcError } from "../../compiler/diagnostics.js";
import { type BuiltTensor, type Fields, type Operator, TfliteBuilder } from "../helpers/tflite.js";

function diagnosticsOf(bytes: Uint8Array): readonly Diagnostic[] {
  try {
    compile(bytes);
  } catch (error) {
    if (error instanceof QcError) return error.diagnostics;
    throw error;
  }
  return [];
}

interface Case {
  readonly operator: Operator;
  readonly shape?: readonly number[];
  readonly result?: Partial<BuiltTensor>;
  readonly more?: (b: TfliteBuilder) => number[];
  readonly options?: Fields;
  readonly optionsType?: number;
}

const affine = { scales: [0.05], zeroPoints: [3] };
const image = [1, 4, 4, 2];

/** One operator that reads an int8 input of scale 0.05. */
function model({ operator, shape = image, result = {}, more, options, optionsType }: Case): TfliteBuilder {
  const b = new TfliteBuilder();
  const x = b.input(b.tensor({ name: "x", shape, ...affine }));
  const y = { name: "y", shape, ...affine, ...result };
  return b.output(b.operator(operator, [x, ...(more?.(b) ?? [])], b.tensor(y), options, optionsType));
}

const strides: Fields = { 1: ["int32", 1], 2: ["int32", 1] };
const weights =
  (given: Partial<BuiltTensor> = {}) =>
  (b: TfliteBuilder) => {
    const shape = given.shape ?? [2, 1, 1, 2];
    const data = Array(shape.reduce((p, dim) => p * dim, 1)).fill(1);
    return [b.tensor({ name: "w", shape, scales: [0.01], zeroPoints: [0], data, ...given })];
  };
const conv = (given: Omit<Partial<Case>, "operator"> = {}): Case => ({
  operator: "CONV_2D",
  more: weights(),
  options: strides,
  ...given,
});

const refusals: readonly (readonly [string, Case, string, string, RegExp])[] = [
  ["an unknown operator", { operator: "LOGISTIC" }, "QC2001", "LOGISTIC_0", /LOGISTIC is not supported/],
  ["a custom operator", { operator: "CUSTOM" }, "QC2001", "CUSTOM_0", /CUSTOM 'Mystery' is not supported/],
  ["options of another operator", conv({ optionsType: 5 }), "QC2002", "CONV_2D_0", /options of type 5; expected 1/],
  [
    "a fused activation",
    conv({ options: { ...strides, 3: ["int8", 4] } }),
    "QC2002",
    "CONV_2D_0",
    /fused activation 4/,
  ],
  ["a stride of 0", conv({ options: {} }), "QC2002", "CONV_2D_0", /strides \[0,0\]/],
  ["an unknown padding", conv({ options: { ...strides, 0: ["int8", 2] } }), "QC2002", "CONV_2D_0", /padding 2/],
  [
    "an int16 result",
    conv({ result: { type: "int16" } }),
    "QC2002",
    "CONV_2D_0",
    /'y' is int16; expected int8 or uint8/,
  ],
  ["int16 weights", conv({ more: weights({ type: "int16" }) }), "QC2002", "CONV_2D_0", /weights are int16/],
  ["float weights", conv({ more: weights({ type: "float32" }) }), "QC2002", "CONV_2D_0", /weights are float32/],
  [
    "an int64 bias",
    conv({ more: (b) => [...weights()(b), b.tensor({ shape: [2], type: "int64", data: [1, 2] })] }),
    "QC2002",
    "CONV_2D_0",
    /bias is int64; expected int32/,
  ],
  [
    "too few biases",
    conv({ more: (b) => [...weights()(b), b.tensor({ shape: [1], type: "int32", data: [1] })] }),
    "QC2005",
    "CONV_2D_0",
    /got 1 biases for 2/,
  ],
  [
    "weights of three dimensions",
    conv({ more: weights({ shape: [2, 1, 2] }) }),
    "QC2002",
    "CONV_2D_0",
    /expected 4 dimensions/,
  ],
  [
    "filters that do not fit",
    conv({ more: weights({ shape: [2, 1, 1, 3] }) }),
    "QC2002",
    "CONV_2D_0",
    /2 filters of 3 channels/,
  ],
  [
    "scales along another axis",
    conv({ more: weights({ scales: [0.1, 0.2], zeroPoints: [0, 0], axis: 3 }) }),
    "QC2004",
    "CONV_2D_0",
    /along axis 1; expected axis 0/,
  ],
  [
    "scales that do not fit the axis",
    conv({ more: weights({ scales: [0.1, 0.2, 0.3], zeroPoints: [0, 0, 0] }) }),
    "QC2004",
    "w",
    /3 scales for axis 0/,
  ],
  [
    "fewer zero points than scales",
    conv({ more: weights({ scales: [0.1, 0.2], zeroPoints: [0] }) }),
    "QC2004",
    "w",
    /1 zero points for 2 scales/,
  ],
  ["a scale of 0", conv({ result: { scales: [0] } }), "QC2004", "y", /scale 0 is not a positive/],
  [
    "a zero point outside of the type",
    conv({ result: { zeroPoints: [128] } }),
    "QC2004",
    "y",
    /zero point 128 is no int8/,
  ],
  ["no scale", conv({ result: { scales: [], zeroPoints: [] } }), "QC2004", "y", /no scale/],
  [
    "an activation per channel",
    conv({ result: { scales: [0.1, 0.2], zeroPoints: [0, 0], axis: 3 } }),
    "QC2004",
    "y",
    /expected one for the whole activation/,
  ],
  [
    "data shorter than the shape",
    conv({ more: weights({ data: [1, 2, 3] }) }),
    "QC1002",
    "w",
    /got 3 bytes, expected 4/,
  ],
  [
    "a declared shape that differs",
    conv({ result: { shape: [1, 4, 4, 3] } }),
    "QC2005",
    "CONV_2D_0",
    /has shape \[1,4,4,2\]; the file declares \[1,4,4,3\]/,
  ],
  [
    "computed weights",
    conv({ more: (b) => [b.input(b.tensor({ shape: [1, 1, 1, 2], ...affine }))] }),
    "QC2002",
    "CONV_2D_0",
    /weights must be constants/,
  ],
  [
    "depthwise filters that do not fit",
    { operator: "DEPTHWISE_CONV_2D", more: weights({ shape: [1, 1, 1, 3] }), options: strides },
    "QC2002",
    "DEPTHWISE_CONV_2D_0",
    /3 filters do not fit an input of 2/,
  ],
  [
    "shuffled weights",
    { operator: "FULLY_CONNECTED", more: weights({ shape: [2, 32] }), options: { 1: ["int8", 1] } },
    "QC2002",
    "FULLY_CONNECTED_0",
    /shuffled/,
  ],
  [
    "a matrix that does not fit",
    { operator: "FULLY_CONNECTED", more: weights({ shape: [2, 5] }) },
    "QC2002",
    "FULLY_CONNECTED_0",
    /do not fit an input/,
  ],
  [
    "broadcasting",
    { operator: "ADD", more: (b) => [b.input(b.tensor({ shape: [1, 2], ...affine }))] },
    "QC2002",
    "ADD_0",
    /broadcasting/,
  ],
  ["adding a constant", { operator: "ADD", more: weights({ shape: image }) }, "QC2002", "ADD_0", /'w'\) is a constant/],
  [
    "a pool that requantizes",
    { operator: "MAX_POOL_2D", options: { ...strides, 3: ["int32", 2], 4: ["int32", 2] }, result: { scales: [0.06] } },
    "QC2002",
    "MAX_POOL_2D_0",
    /quantized differently/,
  ],
  ["a mean over channels", { operator: "MEAN", more: (b) => [b.numbers([3])] }, "QC2002", "MEAN_0", /axes \[3\]/],
  ["another beta", { operator: "SOFTMAX", options: { 0: ["float32", 2] } }, "QC2002", "SOFTMAX_0", /beta 2/],
  ["another softmax scale", { operator: "SOFTMAX", options: { 0: ["float32", 1] } }, "QC2004", "SOFTMAX_0", /1\/256/],
  [
    "a computed shape",
    { operator: "RESHAPE", more: (b) => [b.input(b.tensor({ shape: [1], type: "int8", ...affine }))] },
    "QC2002",
    "RESHAPE_0",
    /must be a constant/,
  ],
  [
    "a shape of other size",
    { operator: "RESHAPE", more: (b) => [b.numbers([1, 31])] },
    "QC2002",
    "RESHAPE_0",
    /cannot become \[1,31\]/,
  ],
  [
    "no permutation",
    { operator: "TRANSPOSE", more: (b) => [b.numbers([0, 1, 1, 2])] },
    "QC2002",
    "TRANSPOSE_0",
    /no permutation/,
  ],
  [
    "padded channels",
    { operator: "PAD", more: (b) => [b.numbers([0, 0, 1, 1, 1, 1, 0, 1], [4, 2])] },
    "QC2002",
    "PAD_0",
    /those of batch and channels 0/,
  ],
  [
    "a result of PAD",
    { operator: "PAD", more: (b) => [b.numbers([0, 0, 1, 1, 1, 1, 0, 0], [4, 2])], result: { shape: [1, 6, 6, 2] } },
    "QC2002",
    "y",
    /result of PAD/,
  ],
  ["a dimension of 0", { operator: "RELU", shape: [1, 0] }, "QC1004", "x", /shape \[1,0\]; expected positive/],
  ["a batch", { operator: "RELU", shape: [2, 4] }, "QC1004", "x", /batch dimension is 2/],
  ["an int16 result of QUANTIZE", { operator: "QUANTIZE", result: { type: "int16" } }, "QC2002", "QUANTIZE_0", /int16/],
];

describe("one operator", () => {
  it.each(refusals)("%s", (_, given, code, where, message) => {
    expect(diagnosticsOf(model(given).bytes())).toEqual([{ code, where, message: expect.stringMatching(message) }]);
  });
});

describe("a whole file", () => {
  const sound = () => model({ operator: "RELU" });
  const edited = (edit: (b: TfliteBuilder) => void) => {
    const b = sound();
    edit(b);
    return diagnosticsOf(b.bytes());
  };
  it("a sound one is accepted", () => expect(diagnosticsOf(sound().bytes())).toEqual([]));

  it.each<[string, (b: TfliteBuilder) => void, string, RegExp]>([
    [
      "another schema version",
      (b) => {
        b.version = 2;
      },
      "QC1001",
      /version is 2/,
    ],
    [
      "two subgraphs",
      (b) => {
        b.subgraphs = 2;
      },
      "QC1003",
      /2 subgraphs/,
    ],
    [
      "no operators",
      (b) => {
        b.operators.length = 0;
      },
      "QC1003",
      /no operators/,
    ],
    [
      "no inputs",
      (b) => {
        b.inputs.length = 0;
      },
      "QC1003",
      /computed by no earlier operator/,
    ],
    [
      "no outputs",
      (b) => {
        b.outputs.length = 0;
      },
      "QC1003",
      /0 outputs/,
    ],
    ["an output that is never computed", (b) => b.output(b.activation([1, 2], 1, 0)), "QC1003", /never computed/],
    [
      "an input listed twice",
      (b) => {
        b.input(0);
      },
      "QC1003",
      /listed twice/,
    ],
    [
      "a tensor computed twice",
      (b) => {
        b.operator("RELU", [0], 1);
      },
      "QC1003",
      /computed twice/,
    ],
    [
      "a tensor that does not exist",
      (b) => {
        b.operator("RELU", [9], 1);
      },
      "QC1003",
      /tensor 9 of 2/,
    ],
    [
      "an int16 input",
      (b) => {
        b.input(b.tensor({ shape: [1], type: "int16" }));
      },
      "QC2002",
      /type int16/,
    ],
    [
      "a float input as output",
      (b) => b.output(b.input(b.tensor({ shape: [1], type: "float32" }))),
      "QC2002",
      /float input/,
    ],
  ])("%s", (_, edit, code, message) => {
    expect(edited(edit)).toEqual([expect.objectContaining({ code, message: expect.stringMatching(message) })]);
  });

  it("lists all unsupported operators at once and none of their consumers", () => {
    const b = sound();
    const bad = b.operator("LOGISTIC", [1], b.activation(image, 0.05, 3));
    b.operator("RELU", [bad], b.activation(image, 0.05, 3));
    b.output(b.operator("SOFTMAX", [1], b.activation(image, 0.05, 3), { 0: ["float32", 3] }));
    expect(diagnosticsOf(b.bytes()).map(({ code, where }) => [code, where])).toEqual([
      ["QC2001", "LOGISTIC_1"],
      ["QC2002", "SOFTMAX_3"],
    ]);
  });

  it("a float input quantized in two ways", () => {
    const b = new TfliteBuilder();
    const x = b.input(b.tensor({ shape: [1, 2], type: "float32" }));
    b.output(b.operator("QUANTIZE", [x], b.activation([1, 2], 0.5, 0)));
    b.output(b.operator("QUANTIZE", [x], b.activation([1, 2], 0.25, 0)));
    expect(diagnosticsOf(b.bytes())).toEqual([
      { code: "QC2002", where: "QUANTIZE_1", message: expect.stringContaining("already quantized") },
    ]);
  });

  it("another identifier is taken for ONNX", () => {
    const b = sound();
    b.identifier = "TFL9";
    expect(diagnosticsOf(b.bytes()).map(({ code }) => code)).toEqual(["QC1001"]);
  });
});
