/** Real functions of one tensor: tables and tables per channel against plain double arithmetic, in every engine; ties exactly. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { TableValues } from "../../compiler/ops/table/table.types.js";
import { type Affine, type Attribute, ModelBuilder, oneOp } from "../helpers/onnx.js";
import { type Case, describeCases, tensor } from "./engines.js";
import { code, real } from "./reals.js";

const input: Affine = { scale: 0.0471, zeroPoint: 11 };
const output: Affine = { scale: 0.0233, zeroPoint: -37 };
const all = Array.from({ length: 256 }, (_, i) => i - 128);

/** Codes of the compiled table, for the codes -128..127 (or 0..255) in order. */
function tableOf(model: ModelBuilder, numerics = "exact"): number[] {
  const { nodes } = compile(model.bytes(), { numerics }).integerGraph;
  expect(nodes.map(({ op }) => op)).toEqual(["table"]);
  return Array.from((nodes[0]!.attributes as TableValues).values);
}

/** Abramowitz and Stegun 7.1.5 and 7.1.23: the series near zero, the continued fraction beyond. */
function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x > 2.5) {
    let fraction = 0;
    for (let n = 120; n >= 1; n--) fraction = n / 2 / (x + fraction);
    return 1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
  }
  let sum = 0;
  for (let n = 0, term = x; n < 80; n++, term *= (-x * x) / n) sum += term / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const alpha = Math.fround(0.31);
type Row = [
  title: string,
  opType: string,
  f: (x: number) => number,
  attributes?: Record<string, Attribute>,
  domain?: string,
];

const functions: Row[] = [
  ["Abs", "Abs", Math.abs],
  ["Ceil", "Ceil", Math.ceil],
  ["Celu", "Celu", (x) => (x > 0 ? x : alpha * (Math.exp(x / alpha) - 1)), { alpha: { float: alpha } }],
  ["Elu", "Elu", (x) => (x > 0 ? x : alpha * (Math.exp(x) - 1)), { alpha: { float: alpha } }],
  ["Erf", "Erf", erf],
  ["Exp", "Exp", Math.exp],
  ["Floor", "Floor", Math.floor],
  ["Gelu", "Gelu", (x) => (x / 2) * (1 + erf(x / Math.SQRT2))],
  [
    "Gelu by tanh",
    "Gelu",
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    { approximate: "tanh" },
  ],
  [
    "FastGelu",
    "FastGelu",
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    {},
    "com.microsoft",
  ],
  ["HardSigmoid", "HardSigmoid", (x) => Math.max(0, Math.min(1, Math.fround(0.2) * x + 0.5))],
  ["HardSwish", "HardSwish", (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))],
  ["LeakyRelu", "LeakyRelu", (x) => (x < 0 ? alpha * x : x), { alpha: { float: alpha } }],
  ["LeakyRelu by default", "LeakyRelu", (x) => (x < 0 ? Math.fround(0.01) * x : x)],
  ["Mish", "Mish", (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  ["Neg", "Neg", (x) => -x],
  ["QuickGelu", "QuickGelu", (x) => x * sigmoid(Math.fround(1.702) * x), {}, "com.microsoft"],
  ["Round", "Round", (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))],
  [
    "Selu",
    "Selu",
    (x) => Math.fround(1.0507009873554805) * (x > 0 ? x : Math.fround(1.6732632423543772) * (Math.exp(x) - 1)),
  ],
  ["Sigmoid", "Sigmoid", sigmoid],
  ["Sign", "Sign", Math.sign],
  ["Softplus", "Softplus", (x) => Math.log(1 + Math.exp(x))],
  ["Softsign", "Softsign", (x) => x / (1 + Math.abs(x))],
  ["Swish", "Swish", (x) => x * sigmoid(alpha * x), { alpha: { float: alpha } }],
  ["Tanh", "Tanh", Math.tanh],
  ["ThresholdedRelu", "ThresholdedRelu", (x) => (x > alpha ? x : 0), { alpha: { float: alpha } }],
];

describe("functions of a quantized tensor are correctly rounded", () => {
  it.each(functions)("%s", (_, opType, f, attributes = {}, domain = "") => {
    const table = (affine: { input: Affine; output: Affine }) =>
      tableOf(oneOp([1, 4], (b, x) => b.node(opType, [x], attributes, { domain }), affine));
    expect(table({ input, output })).toEqual(all.map((q) => code(f(real(q, input)), output)));
    const wide: Affine = { scale: 0.1937, zeroPoint: 100, type: "uint8" };
    const fine: Affine = { scale: 0.00391, zeroPoint: 3, type: "uint8" };
    expect(table({ input: wide, output: fine })).toEqual(all.map((q) => code(f(real(q + 128, wide)), fine)));
  });

  it("Log, Sqrt and Reciprocal where they have values", () => {
    const from: Affine = { scale: 0.0471, zeroPoint: 0, type: "uint8" };
    for (const [opType, f] of [
      ["Sqrt", Math.sqrt],
      ["Log", Math.log],
      ["Reciprocal", (x: number) => 1 / x],
    ] as const) {
      const table = tableOf(oneOp([1, 4], (b, x) => b.node(opType, [x]), { input: from, output }));
      // Infinities saturate.
      expect(table).toEqual(all.map((q) => code(f(real(q + 128, from)), output)));
    }
  });

  it("a code without a value is refused, one that cannot occur is not", () => {
    const log = (b: ModelBuilder, x: string) => b.node("Log", [x]);
    expect(() => compile(oneOp([1, 4], log).bytes())).toThrow(/QC2002.*Log\(x\) of x = -6\.55.*not a number/);
    const positive = (b: ModelBuilder, x: string) => log(b, b.qdq(b.node("Relu", [x]), input));
    expect(() => compile(oneOp([1, 4], positive).bytes())).not.toThrow();
  });
});

describe("compositions between two quantizations are one table", () => {
  const constant = (b: ModelBuilder, value: number) => b.constant("c", "float", [], [value]);
  const rows: [string, (b: ModelBuilder, x: string) => string, (x: number) => number][] = [
    ["x * Sigmoid(x)", (b, x) => b.node("Mul", [x, b.node("Sigmoid", [x])]), (x) => x * sigmoid(x)],
    [
      "x * HardSigmoid(x)",
      (b, x) => b.node("Mul", [b.node("HardSigmoid", [x]), x]),
      (x) => x * Math.max(0, Math.min(1, Math.fround(0.2) * x + 0.5)),
    ],
    [
      "x * Clip(x + 3, 0, 6) / 6",
      (b, x) =>
        b.node("Div", [
          b.node("Mul", [x, b.node("Clip", [b.node("Add", [x, constant(b, 3)]), constant(b, 0), constant(b, 6)])]),
          constant(b, 6),
        ]),
      (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6,
    ],
    [
      "x/2 * (1 + Erf(x/sqrt 2))",
      (b, x) =>
        b.node("Mul", [
          b.node("Mul", [
            x,
            b.node("Add", [b.node("Erf", [b.node("Div", [x, constant(b, Math.SQRT2)])]), constant(b, 1)]),
          ]),
          constant(b, 0.5),
        ]),
      (x) => (x / 2) * (1 + erf(x / Math.fround(Math.SQRT2))),
    ],
    ["Tanh of Relu", (b, x) => b.node("Tanh", [b.node("Relu", [x])]), (x) => Math.tanh(Math.max(0, x))],
    [
      "Relu of Neg of Relu of Add",
      (b, x) => b.node("Relu", [b.node("Add", [b.node("Neg", [b.node("Relu", [x])]), constant(b, 1.1)])]),
      (x) => Math.max(0, Math.fround(1.1) - Math.max(0, x)),
    ],
    ["1.5 - x", (b, x) => b.node("Sub", [constant(b, 1.5), x]), (x) => 1.5 - x],
    [
      "Pow 2, 3, 0.5 and -1.5 of Abs",
      (b, x) => b.node("Pow", [b.node("Add", [b.node("Abs", [x]), constant(b, 0.21)]), constant(b, -1.5)]),
      (x) => (Math.abs(x) + Math.fround(0.21)) ** -1.5,
    ],
    ["Pow 2", (b, x) => b.node("Pow", [x, constant(b, 2)]), (x) => x ** 2],
    ["Pow 3", (b, x) => b.node("Pow", [x, constant(b, 3)]), (x) => x ** 3],
    [
      "Max and Min with constants",
      (b, x) => b.node("Min", [b.node("Max", [x, constant(b, -1.31)]), constant(b, 0.77)]),
      (x) => Math.min(Math.fround(0.77), Math.max(Math.fround(-1.31), x)),
    ],
    [
      "PRelu with one slope",
      (b, x) => b.node("PRelu", [x, b.constant("s", "float", [1], [0.27])]),
      (x) => (x < 0 ? Math.fround(0.27) * x : x),
    ],
  ];
  it.each(rows)("%s", (_, build, f) => {
    expect(tableOf(oneOp([1, 4], build, { input, output }))).toEqual(all.map((q) => code(f(real(q, input)), output)));
  });
});

describe("ties", () => {
  it("a value a hair below a tie rounds down, whatever the precision that takes", () => {
    // x*sigmoid(x) = x - x*e^-x: an odd x lies below the tie x/2 by less than 2^-180.
    const ints: Affine = { scale: 1, zeroPoint: 0 };
    // At a step of 4, x reaches 508: the distance of 2^-733 is less than what the first precision tells from 0.
    for (const step of [1, 4]) {
      const table = tableOf(
        oneOp([1, 4], (b, x) => b.node("Mul", [x, b.node("Sigmoid", [x])]), {
          input: { scale: step, zeroPoint: 0 },
          output: { scale: 2 * step, zeroPoint: 0 },
        }),
      );
      for (let x = 50; x <= 127; x++) expect(table[x + 128]).toBe(Math.floor(x / 2));
    }
    // Softplus(x) = x + log(1 + e^-x) lies above.
    const above = tableOf(
      oneOp([1, 4], (b, x) => b.node("Softplus", [x]), { input: ints, output: { scale: 2, zeroPoint: 0 } }),
    );
    for (let x = 50; x <= 127; x++) expect(above[x + 128]).toBe(Math.ceil(x / 2));
  });
  it("nor do doubles' or 256 bits' worth of digits decide", () => {
    // log(1 + e^x) exceeds the tie x by e^-508 = 2^-733 at the last code.
    const fours: Affine = { scale: 4, zeroPoint: 0 };
    const softplus = oneOp([1, 4], (b, x) => b.node("Softplus", [x]), {
      input: fours,
      output: { scale: 8, zeroPoint: 0 },
    });
    const table = tableOf(softplus);
    for (let q = 1; q <= 127; q += 2) expect(table[q + 128]).toBe((q + 1) / 2);
    // x/2 * (1 + erf(x/sqrt 2)) falls short of x by about e^(-x^2/2), 2^-785 at 33.
    const ints: Affine = { scale: 1, zeroPoint: 95 };
    const gelu = tableOf(
      oneOp([1, 4], (b, x) => b.node("Gelu", [x]), { input: ints, output: { scale: 2, zeroPoint: 0 } }),
    );
    for (let x = 5; x <= 31; x += 2) expect(gelu[x + 95 + 128]).toBe((x - 1) / 2);
  });
  it("true ties go to the even neighbour", () => {
    for (const zeroPoint of [0, 5]) {
      const ints: Affine = { scale: 1, zeroPoint: 0 };
      const halves: Affine = { scale: 2, zeroPoint };
      const even = (value: number) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));
      const expected = (f: (x: number) => number) =>
        all.map((q) => Math.min(127, Math.max(-128, even(f(q) / 2) + zeroPoint)));
      expect(tableOf(oneOp([1, 4], (b, x) => b.node("Abs", [x]), { input: ints, output: halves }))).toEqual(
        expected(Math.abs),
      );
      expect(tableOf(oneOp([1, 4], (b, x) => b.node("Neg", [x]), { input: ints, output: halves }))).toEqual(
        expected((x) => -x),
      );
      // Sigmoid(0) = 1/2 and erf(0) = 0 are exact; so is the root of a square.
      const unit = tableOf(
        oneOp([1, 4], (b, x) => b.node("Sigmoid", [x]), { input: ints, output: { scale: 1, zeroPoint } }),
      );
      expect(unit[128]).toBe(zeroPoint);
      const squares: Affine = { scale: 1, zeroPoint: 0, type: "uint8" };
      const roots = tableOf(oneOp([1, 4], (b, x) => b.node("Sqrt", [x]), { input: squares, output: halves }));
      for (const n of [1, 3, 5, 7, 9, 15]) expect(roots[n * n]).toBe(even(n / 2) + zeroPoint);
    }
  });
});

describe("the other families", () => {
  it("onnxruntime rounds every operator to float32", () => {
    const values = new Float32Array(4);
    const expected = all.map((q) => {
      values[0] = Math.fround(input.scale) * (q - input.zeroPoint);
      values[1] = values[0]! < 0 ? alpha * values[0]! : values[0]!;
      values[2] = values[1]! / Math.fround(output.scale);
      return Math.min(127, Math.max(-128, Math.round(values[2]!) + output.zeroPoint));
    });
    const leaky = oneOp([1, 4], (b, x) => b.node("LeakyRelu", [x], { alpha: { float: alpha } }), { input, output });
    expect(tableOf(leaky, "onnxruntime")).toEqual(expected);
  });
  it("tflite says that exact stands in", () => {
    const { notes } = compile(oneOp([1, 4], (b, x) => b.node("Sigmoid", [x])).bytes(), { numerics: "tflite" });
    expect(notes.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "QC3003 TFLite's integer kernels for Sigmoid(x) are not reproduced; 'exact' is used.",
    ]);
  });
});

describe("QLinear operators", () => {
  const qlinear = (opType: string, attributes: Record<string, Attribute>) => {
    const b = new ModelBuilder();
    const parameters = ({ scale, zeroPoint }: Affine) => [
      b.constant("s", "float", [], [scale]),
      b.constant("z", "int8", [], [zeroPoint]),
    ];
    return b.output(
      b.node(opType, [b.input([1, 4], "int8"), ...parameters(input), ...parameters(output)], attributes, {
        domain: "com.microsoft",
      }),
    );
  };
  it("QLinearSigmoid and QLinearLeakyRelu", () => {
    expect(tableOf(qlinear("QLinearSigmoid", {}))).toEqual(all.map((q) => code(sigmoid(real(q, input)), output)));
    const leaky = qlinear("QLinearLeakyRelu", { alpha: { float: alpha } });
    expect(tableOf(leaky)).toEqual(all.map((q) => code(real(q, input) * (q < input.zeroPoint ? alpha : 1), output)));
  });
});

const channels = 3;
const image = [1, channels, 4, 5];
const vector = (b: ModelBuilder, values: readonly number[], dims: readonly number[] = [values.length]) =>
  b.constant("v", "float", dims, values);
const f32 = (values: readonly number[]) => values.map(Math.fround);
const scale = f32([1.3, -0.7, 0.2]);
const shift = f32([0.11, 0.52, -0.43]);
const mean = f32([0.4, -0.3, 0.1]);
const variance = f32([0.9, 2.1, 0.3]);

/** An image model with one function per channel. */
function perChannel(
  title: string,
  build: (b: ModelBuilder, x: string) => string,
  f: (x: number, channel: number) => number,
  dims: readonly number[] = image,
): Case {
  return {
    title,
    model: oneOp(dims, build, { input, output }),
    shapes: [dims],
    plain: (codes) => [
      tensor(dims, (at) =>
        code(
          f(
            real(codes[at.reduce((index, i, axis) => index * dims[axis]! + i, 0)]!, input),
            at[dims.length === 4 ? 1 : dims.length - 1]!,
          ),
          output,
        ),
      ),
    ],
  };
}

const normalized = (x: number, c: number) =>
  ((x - mean[c]!) / Math.sqrt(variance[c]! + Math.fround(1e-3))) * scale[c]! + shift[c]!;
const normalize = (b: ModelBuilder, x: string) =>
  b.node("BatchNormalization", [x, vector(b, scale), vector(b, shift), vector(b, mean), vector(b, variance)], {
    epsilon: { float: 1e-3 },
  });

const cases: Case[] = [
  perChannel("one table: Sigmoid of an image", (b, x) => b.node("Sigmoid", [x]), sigmoid),
  perChannel("channel-table: BatchNormalization", normalize, normalized),
  perChannel(
    "channel-table: Relu of BatchNormalization",
    (b, x) => b.node("Relu", [normalize(b, x)]),
    (x, c) => Math.max(0, normalized(x, c)),
  ),
  perChannel("channel-table: BatchNormalization of a matrix", normalize, normalized, [1, channels]),
  perChannel(
    "channel-table: PRelu",
    (b, x) => b.node("PRelu", [x, vector(b, shift, [3, 1, 1])]),
    (x, c) => (x < 0 ? shift[c]! * x : x),
  ),
  perChannel(
    "channel-table: Mul, Add and Sigmoid",
    (b, x) =>
      b.node("Sigmoid", [
        b.node("Add", [b.node("Mul", [vector(b, scale, [1, 3, 1, 1]), x]), vector(b, shift, [3, 1, 1])]),
      ]),
    (x, c) => sigmoid(x * scale[c]! + shift[c]!),
  ),
  perChannel(
    "channel-table: Sub of a row",
    (b, x) => b.node("Sub", [vector(b, shift), x]),
    (x, c) => shift[c]! - x,
    [1, 7, channels],
  ),
];
describeCases(cases);

describe("tables per channel", () => {
  it("lose removed channels: what the next layer does not weigh", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.node("Conv", [b.qdq(b.input(image), input), b.weights([3, 3, 1, 1])]), input);
    const y = b.qdq(normalize(b, x), output);
    const weights = b.constant("w", "int8", [2, 3, 1, 1], [5, 0, 7, -3, 0, 2]);
    const w = b.node("DequantizeLinear", [weights, b.constant("ws", "float", [], [0.01])]);
    const model = b.output(b.quantize(b.node("Conv", [y, w]), { scale: 0.05, zeroPoint: 0 }));
    const { nodes } = compile(model.bytes()).integerGraph;
    const table = nodes.find(({ op }) => op === "channel-table")!;
    expect(table.output.shape.at(-1)).toBe(2);
    expect(table.inputs[0]!.shape.at(-1)).toBe(2);
    const whole = compile(oneOp(image, normalize, { input, output }).bytes()).integerGraph.nodes.find(
      ({ op }) => op === "channel-table",
    )!;
    const values = (node: typeof table) => Array.from((node.attributes as TableValues).values);
    expect(values(table)).toEqual([...values(whole).slice(0, 256), ...values(whole).slice(512)]);
  });
  it("too many are refused", () => {
    const many = oneOp([1, 300], (b, x) =>
      b.node("Mul", [
        x,
        vector(
          b,
          Array.from({ length: 300 }, (_, i) => i),
        ),
      ]),
    );
    expect(() => compile(many.bytes())).toThrow(/300 channels with a function each/);
  });
  it("a table that is not monotone has the range of all its values", () => {
    const { tensors } = compile(
      oneOp([1, 4], (b, x) => b.node("Abs", [x]), { input, output: { scale: 0.1, zeroPoint: 0 } }).bytes(),
    ).integerGraph;
    expect(tensors.at(-1)!.ranges).toEqual([{ lo: 0, hi: 65 }]);
    const { integerGraph } = compile(oneOp([1, 4], (b, x) => b.node("Neg", [x]), { input, output }).bytes());
    expect(outputsOf(integerGraph, [Int32Array.of(-128, 0, 11, 127)])[0]).toHaveLength(4);
  });
});
