/**
 * What stands between a sum of products and its quantization, integer operators, QONNX and RequantShift graphs: against
 * definitions in doubles, in every engine.
 */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { QcError } from "../../compiler/diagnostics.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { quant as tinySteps } from "../import/refusals/models.js";
import { type Case, describeCases } from "./engines.js";
import { code, real } from "./reals.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
const to: Affine = { scale: 0.0731, zeroPoint: -3 };
const weights = [
  [3, -7, 11],
  [-5, 2, 127],
  [1, 60, -128],
  [9, 9, -4],
];
const weightScale = Math.fround(0.013);
const channels = [0, 1, 2];

/** x [1, 4] times the weights, by hand. */
function products(codes: readonly number[]): number[] {
  return channels.map((c) => weights.reduce((sum, row, k) => sum + real(codes[k]!, q) * weightScale * row[c]!, 0));
}

/** A model around what follows MatMul, and its definition. */
function behind(
  title: string,
  body: (b: ModelBuilder, product: string) => string,
  plain: (value: number, channel: number) => number,
): Case {
  const b = new ModelBuilder(5);
  const x = b.dequantize(b.input([1, 4], "int8"), q);
  const w = b.dequantize(b.constant("w", "int8", [4, 3], weights.flat()), { scale: weightScale, zeroPoint: 0 });
  const model = b.output(b.quantize(body(b, b.node("MatMul", [x, w])), to));
  return { title, model, plain: (codes) => [products(codes).map((value, c) => code(plain(value, c), to))] };
}

const floats = (b: ModelBuilder, ...values: number[]) => b.constant("c", "float", [values.length], values);
const number = (b: ModelBuilder, value: number) => b.constant("n", "float", [], [value]);
const bias = [0.1234, -1.5, 2.75].map(Math.fround);
const normal = {
  scale: [0.7, -1.3, 2.1].map(Math.fround),
  shift: [0.3, 0.2, -0.9].map(Math.fround),
  mean: [-0.4, 1.1, 0.6].map(Math.fround),
  variance: [0.9, 2.3, 0.17].map(Math.fround),
};

const functions: Case[] = [
  behind(
    "a float bias",
    (b, x) => b.node("Add", [x, floats(b, ...bias)]),
    (v, c) => v + bias[c]!,
  ),
  behind(
    "a bias with a zero point, of 8 bits",
    (b, x) =>
      b.node("Add", [x, b.dequantize(b.constant("b8", "int8", [3], [5, -7, 9]), { scale: 0.11, zeroPoint: 3 })]),
    (v, c) => v + Math.fround(0.11) * ([5, -7, 9][c]! - 3),
  ),
  behind(
    "a bias after Relu",
    (b, x) => b.node("Add", [b.node("Relu", [x]), floats(b, ...bias)]),
    (v, c) => Math.max(v, 0) + bias[c]!,
  ),
  behind(
    "batch normalization, one channel of it falling",
    (b, x) =>
      b.node("BatchNormalization", [x, ...Object.values(normal).map((values) => floats(b, ...values))], {
        epsilon: 0.001,
      }),
    (v, c) =>
      ((v - normal.mean[c]!) / Math.sqrt(normal.variance[c]! + Math.fround(0.001))) * normal.scale[c]! +
      normal.shift[c]!,
  ),
  behind(
    "Neg, then Relu",
    (b, x) => b.node("Relu", [b.node("Neg", [x])]),
    (v) => Math.max(-v, 0),
  ),
  behind(
    "Sigmoid",
    (b, x) => b.node("Sigmoid", [x]),
    (v) => 1 / (1 + Math.exp(-v)),
  ),
  behind(
    "a scale and a shift, then bounds",
    (b, x) =>
      b.node("Clip", [
        b.node("Sub", [b.node("Div", [x, number(b, 3)]), number(b, 0.2)]),
        number(b, -0.4),
        number(b, 1.3),
      ]),
    (v) => Math.min(Math.max(v / 3 - Math.fround(0.2), Math.fround(-0.4)), Math.fround(1.3)),
  ),
  behind(
    "a comparison that chooses between constants",
    (b, x) => b.node("Where", [b.node("Not", [b.node("Less", [x, number(b, 0.37)])]), number(b, 1.7), number(b, -0.6)]),
    (v) => (v < Math.fround(0.37) ? Math.fround(-0.6) : Math.fround(1.7)),
  ),
  ...(["Greater", "GreaterOrEqual", "LessOrEqual"] as const).map((name) =>
    behind(
      name,
      (b, x) => b.node("Cast", [b.node(name, [x, number(b, -0.21)])], { to: 1 }),
      (v) => Number(name === "LessOrEqual" ? v <= Math.fround(-0.21) : v > Math.fround(-0.21)),
    ),
  ),
  behind(
    "Cast to integers and back",
    (b, x) => b.node("Cast", [b.node("Cast", [x], { to: 6 })], { to: 1 }),
    (v) => Math.trunc(v),
  ),
];

/** Whole numbers through MatMulInteger and what quantizers put behind it. */
function integers(
  title: string,
  body: (b: ModelBuilder, sum: string) => string,
  plain: (sum: number, channel: number) => number,
  type: "int8" | "uint8" = "int8",
): Case {
  const b = new ModelBuilder(7);
  const x = b.input([1, 4], type);
  const operands = [b.constant("w", "int8", [4, 3], weights.flat()), b.constant("za", type, [], [7])];
  const sum = b.node("MatMulInteger", [x, ...operands, b.constant("zb", "int8", [3], [1, -2, 0])]);
  const sums = (codes: readonly number[]) =>
    channels.map((c) => weights.reduce((total, row, k) => total + (codes[k]! - 7) * (row[c]! - [1, -2, 0][c]!), 0));
  return { title, model: b.output(body(b, sum)), plain: (codes) => [sums(codes).map(plain)] };
}

const shift = { mul: [37, -411, 90], add: [1000, -20000, 77], div: 4096 };
const requantShift = (v: number, c: number) =>
  Math.floor((v * shift.mul[c]! + shift.add[c]! + shift.div / 2) / shift.div);
const clip = (v: number, lo: number, hi: number) => Math.min(Math.max(v, lo), hi);
const tensorOf = (type: number, values: number[]) => ({ raw: { type: 4, t: { dataType: type, int64Data: values } } });

const integerCases: Case[] = [
  integers(
    "MatMulInteger, its sums",
    (_, sum) => sum,
    (v) => v,
  ),
  integers(
    "MatMulInteger of uint8",
    (_, sum) => sum,
    (v) => v,
    "uint8",
  ),
  integers(
    "Cast, Mul and QuantizeLinear behind MatMulInteger",
    (b, sum) => b.quantize(b.node("Mul", [b.node("Cast", [sum], { to: 1 }), number(b, 0.00123)]), to),
    (v) => code(v * Math.fround(0.00123), to),
  ),
  integers(
    "RequantShift",
    (b, sum) =>
      b.node("RequantShift", [sum, floats(b, ...shift.mul), floats(b, ...shift.add)], {
        div: tensorOf(7, [shift.div]),
        n_levels_out: tensorOf(7, [256]),
        signed: tensorOf(7, [1]),
      }),
    (v, c) => clip(requantShift(v, c), -128, 127),
  ),
  integers(
    "integer division, bounds and Floor, as NEMO writes them",
    (b, sum) => {
      const scaled = b.node("Mul", [b.node("Cast", [sum], { to: 7 }), b.constant("k", "int64", [1], [54])]);
      const divided = b.node("Div", [scaled, b.constant("d", "int64", [], [3001])]);
      return b.node("Clip", [b.node("Cast", [divided], { to: 1 }), number(b, 0), number(b, 255)]);
    },
    (v) => clip(Math.trunc((v * 54) / 3001), 0, 255),
  ),
];

/** x [1, 2, 4, 5] by ConvInteger, filters [3, 2, 2, 2] with a zero point. */
function convInteger(): Case {
  const b = new ModelBuilder(9);
  const filters = Array.from({ length: 24 }, (_, k) => ((k * 37) % 256) - 128);
  const w = b.constant("w", "int8", [3, 2, 2, 2], filters);
  const zeros = [b.constant("zx", "uint8", [], [100]), b.constant("zw", "int8", [], [5])];
  const model = b.output(b.node("ConvInteger", [b.input([1, 2, 4, 5], "uint8"), w, ...zeros]));
  const plain = (codes: readonly number[]) => {
    const y: number[] = [];
    for (let o = 0; o < 3; o++)
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 4; column++) {
          let sum = 0;
          for (let i = 0; i < 2; i++)
            for (let tap = 0; tap < 4; tap++) {
              const [dy, dx] = [tap >> 1, tap & 1];
              sum += (codes[i * 20 + (row + dy) * 5 + column + dx]! - 100) * (filters[o * 8 + i * 4 + tap]! - 5);
            }
          y.push(sum);
        }
    return [y];
  };
  return { title: "ConvInteger", model, plain };
}

/** Both operands with scales; the sums leave as float. */
function matMulIntegerToFloat(): Case {
  const b = new ModelBuilder(11);
  const a = b.input([1, 4], "uint8");
  const w = b.constant("w", "int8", [4, 3], weights.flat());
  const scales = [number(b, 0.5), floats(b, 0.25, 0.25, 0.25)];
  const zeros = [b.constant("za", "uint8", [], [7]), b.constant("zb", "int8", [], [0])];
  const y = b.node("MatMulIntegerToFloat", [a, w, ...scales, ...zeros], {}, { domain: "com.microsoft" });
  const plain = (codes: readonly number[]) => [
    channels.map((c) => code(weights.reduce((sum, row, k) => sum + 0.125 * (codes[k]! - 7) * row[c]!, 0) + 1e-6, to)),
  ];
  return { title: "MatMulIntegerToFloat", model: b.output(b.quantize(b.node("Add", [y, number(b, 1e-6)]), to)), plain };
}

const quant = (b: ModelBuilder, x: string, scale: number, bits: number, attributes = {}) =>
  b.node("Quant", [x, number(b, scale), number(b, 0), number(b, bits)], attributes, {
    domain: "qonnx.custom_op.general",
  });

/** Real weights quantized by QONNX's Quant, activations of few bits. */
function qonnx(title: string, last: (b: ModelBuilder, y: string) => string, plain: (y: number) => number): Case {
  const b = new ModelBuilder(13);
  const x = quant(b, b.dequantize(b.input([1, 4], "int8"), q), 0.4, 4);
  const floatWeights = weights.map((row) => row.map((value) => Math.fround(value / 50)));
  const w = quant(b, b.constant("w", "float", [4, 3], floatWeights.flat()), 0.25, 3, { narrow: 1 });
  const model = b.output(last(b, b.node("MatMul", [x, w])));
  const half = (value: number) => {
    const floor = Math.floor(value);
    return value - floor === 0.5 ? floor + (floor & 1) : Math.round(value);
  };
  return {
    title,
    model,
    plain(codes) {
      const a = codes.map((each) => clip(half(real(each, q) / Math.fround(0.4)), -8, 7) * Math.fround(0.4));
      const values = channels.map((c) =>
        weights.reduce((sum, _, k) => sum + a[k]! * clip(half(floatWeights[k]![c]! / 0.25), -3, 3) * 0.25, 0),
      );
      return [values.map(plain)];
    },
  };
}

const bipolar = (b: ModelBuilder, y: string) =>
  b.node("BipolarQuant", [y, number(b, 0.5)], {}, { domain: "onnx.brevitas" });

const qonnxCases: Case[] = [
  qonnx(
    "Quant of 4 and 3 bits, unsigned 2 bits behind",
    (b, y) => quant(b, b.node("Relu", [y]), 0.3, 2, { signed: 0 }),
    (v) => clip(Math.round(v / Math.fround(0.3)), 0, 3),
  ),
  qonnx(
    "Quant rounding down",
    (b, y) => quant(b, y, 0.3, 5, { rounding_mode: "FLOOR" }),
    (v) => clip(Math.floor(v / Math.fround(0.3)), -16, 15),
  ),
  qonnx("BipolarQuant", bipolar, (v) => (v >= 0 ? 1 : -1)),
  qonnx(
    "MultiThreshold",
    (b, y) =>
      b.node(
        "MultiThreshold",
        [y, b.constant("t", "float", [1, 3], [-0.75, 0.11, 0.9])],
        { out_scale: 2, out_bias: -3 },
        {
          domain: "finn.custom_op.general",
        },
      ),
    (v) => 2 * [-0.75, 0.11, 0.9].filter((t) => v >= Math.fround(t)).length - 3,
  ),
  qonnx(
    "Trunc",
    (b, y) => {
      const fine = quant(b, y, 0.125, 8);
      const numbers = [0.125, 0, 8, 5].map((value) => number(b, value));
      return b.node("Trunc", [fine, ...numbers], {}, { domain: "qonnx.custom_op.general" });
    },
    (v) => Math.floor(clip(Math.round(v / 0.125), -128, 127) / 8),
  ),
];

/** Unsigned bytes shifted by constants, one per channel to the right. */
function bitShift(direction: "LEFT" | "RIGHT", amounts: readonly number[]): Case {
  const b = new ModelBuilder(17);
  const y = b.constant("amounts", "uint8", [amounts.length], [...amounts]);
  const model = b.output(b.node("BitShift", [b.input([1, 3], "uint8"), y], { direction }));
  const shifted = (code: number, k: number) =>
    direction === "LEFT" ? (code << amounts[k % amounts.length]!) & 255 : code >> amounts[k % amounts.length]!;
  return { title: `BitShift ${direction} by ${amounts}`, model, plain: (codes) => [codes.map(shifted)] };
}

const bitShifts = [
  bitShift("RIGHT", [1, 3, 7]),
  bitShift("RIGHT", [2]),
  bitShift("LEFT", [3]),
  bitShift("LEFT", [0, 5, 2]),
];

/** Cast knows no scale: codes of any quantization become whole numbers. */
function castCodes(): Case {
  const b = new ModelBuilder(19);
  const codes = b.quantize(b.dequantize(b.input([1, 4], "int8"), q), to);
  const model = b.output(b.quantize(b.node("Cast", [codes], { to: 1 }), { scale: 3, zeroPoint: 1 }));
  const plain = (list: readonly number[]) => [
    list.map((each) => code(code(real(each, q), to) + 1e-9, { scale: 3, zeroPoint: 1 })),
  ];
  return { title: "Cast of codes", model, plain };
}

describeCases([
  ...bitShifts,
  castCodes(),
  ...functions,
  ...integerCases,
  convInteger(),
  matMulIntegerToFloat(),
  ...qonnxCases,
]);

describe("refusals", () => {
  const refused = (model: ModelBuilder) => () => compile(model.bytes());
  const b = () => new ModelBuilder(3);
  it.each([
    [
      "a function that rises and falls",
      behind("x", (m, x) => m.node("Abs", [x]), Math.abs).model,
      /neither only rises/,
    ],
    [
      "FloatQuant",
      behind(
        "x",
        (m, x) => m.node("FloatQuant", [x]),
        (v) => v,
      ).model,
      /minifloat/,
    ],
    [
      "BipolarQuant of no scale",
      behind(
        "x",
        (m, x) => m.node("BipolarQuant", [x, number(m, 0)]),
        (v) => v,
      ).model,
      /QC2004 .*scale 0/,
    ],
    [
      "Quant of 40 bits",
      behind(
        "x",
        (m, x) => quant(m, x, 1, 40),
        (v) => v,
      ).model,
      /40 bits; expected 1 to 32/,
    ],
    [
      "Relu of codes",
      (() => {
        const m = b();
        return m.output(m.node("Relu", [m.quantize(m.input([1, 4]), q)]));
      })(),
      /is codes/,
    ],
  ])("%s", (_, model, message) => {
    expect(refused(model)).toThrow(QcError);
    expect(refused(model)).toThrow(message);
  });
});

describe("a float output that nothing quantizes", () => {
  it("becomes 16 bits over its reach, with a note", () => {
    const b = new ModelBuilder(3);
    const model = b.output(b.node("Tanh", [b.dequantize(b.input([1, 4], "int8"), q)]));
    const { graph, notes, integerGraph } = compile(model.bytes());
    expect(integerGraph.outputs[0]!.type).toEqual({ bits: 16, signed: true });
    expect(graph.outputs[0]!.quantization.scales).toEqual([2 ** -14]);
    expect(notes.map(({ code: own }) => own)).toEqual(["QC2006"]);
  });
});

describe("a constant of QONNX's Quant", () => {
  it("beyond every code by a tiny scale is the outermost code", () => {
    const [node] = compile(tinySteps(5).bytes()).integerGraph.nodes.filter(({ op }) => op === "dense");
    const rows = [
      [7, 7, 2, 0],
      [-8, 0, 0, 0],
    ];
    expect(node!.attributes).toMatchObject({ weights: Int8Array.from(rows.flat()) });
  });
});
