/** Add, Sub, Mul, Max and Min with operands that are whole, repeat, or are constants: against plain doubles, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { AddAttributes, AddBytes } from "../../compiler/ops/add/add.types.js";
import { opHomes } from "../../compiler/ops/index.js";
import { type Affine, ModelBuilder, oneOp } from "../helpers/onnx.js";
import { type Case, describeCases, element, tensor } from "./engines.js";
import { code, real } from "./reals.js";

const input: Affine = { scale: 0.0471, zeroPoint: 11 };
const other: Affine = { scale: 0.0313, zeroPoint: -21, type: "int8" };
const unsigned: Affine = { scale: 0.0297, zeroPoint: 77, type: "uint8" };
const output: Affine = { scale: 0.0719, zeroPoint: -3 };
const image = [1, 3, 4, 5];
type At = readonly number[];

const operations = {
  Add: (a: number, b: number) => a + b,
  Sub: (a: number, b: number) => a - b,
  Mul: (a: number, b: number) => a * b,
  Max: Math.max,
  Min: Math.min,
} as const;
type OpType = keyof typeof operations;

const ends = { int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767], uint16: [0, 65535] } as const;

/** A dequantized constant with seeded codes of its type, and its real values. */
function constant(b: ModelBuilder, dims: readonly number[], affine: Affine): [name: string, values: number[]] {
  const { type = "int8", scale, zeroPoint } = affine;
  const [lo, hi] = ends[type as keyof typeof ends];
  const codes = tensor(dims, () => b.random.integer(lo, hi));
  return [
    b.node("DequantizeLinear", [
      b.constant("k", type, dims, codes),
      b.constant("ks", "float", [], [scale]),
      b.constant("kz", type, [], [zeroPoint]),
    ]),
    codes.map((q) => real(q, affine)),
  ];
}

/** Index into a tensor of `dims` that is broadcast to the rank of `at`. */
const repeated = (dims: readonly number[], at: At) =>
  dims.map((dim, axis) => (dim === 1 ? 0 : at[axis + at.length - dims.length]!));

/** x op constant, or constant op x. */
function withConstant(
  opType: OpType,
  dims: readonly number[],
  constantDims: readonly number[],
  affine: Affine,
  first: boolean,
): Case {
  const b = new ModelBuilder(dims.length + constantDims.length);
  const x = b.qdq(b.input(dims), input);
  const [k, values] = constant(b, constantDims, affine);
  const model = b.output(b.quantize(b.node(opType, first ? [k, x] : [x, k]), output));
  const plain = (codes: readonly number[]) => [
    tensor(dims, (at) => {
      const a = real(element(codes, dims, at), input);
      const c = element(values, constantDims, repeated(constantDims, at));
      return code(first ? operations[opType](c, a) : operations[opType](a, c), output);
    }),
  ];
  return {
    title: `${opType}: [${dims}] and constant [${constantDims}]${first ? " first" : ""}`,
    model,
    shapes: [dims],
    plain,
  };
}

/** x op part of x, requantized. */
function withPart(
  opType: OpType,
  dims: readonly number[],
  part: readonly number[],
  affine: Affine,
  first: boolean,
): Case {
  const b = new ModelBuilder();
  const x = b.qdq(b.input(dims), input);
  const ints = (values: readonly number[]) => b.constant("i", "int64", [values.length], values);
  const whole = part.every((dim, axis) => dim === dims[axis]);
  const slice = whole ? b.node("Neg", [x]) : b.node("Slice", [x, ints(part.map(() => 0)), ints(part)]);
  const y = b.qdq(slice, affine);
  const model = b.output(b.quantize(b.node(opType, first ? [y, x] : [x, y]), output));
  const plain = (codes: readonly number[]) => [
    tensor(dims, (at) => {
      const a = real(element(codes, dims, at), input);
      const taken = real(element(codes, dims, repeated(part, at)), input);
      const c = real(code(whole ? -taken : taken, affine), affine);
      return code(first ? operations[opType](c, a) : operations[opType](a, c), output);
    }),
  ];
  return { title: `${opType}: [${dims}] and its part [${part}]${first ? " first" : ""}`, model, shapes: [dims], plain };
}

const cases: Case[] = [
  withConstant("Add", [1, 7], [7], other, false),
  withConstant("Add", image, [3, 1, 1], unsigned, true),
  withConstant("Add", image, [1, 3, 4, 5], other, false),
  withConstant("Add", image, [5], other, false),
  withConstant("Sub", image, [1, 3, 1, 1], other, false),
  withConstant("Sub", [2, 6], [1], unsigned, true),
  withConstant("Mul", [1, 4, 6], [6], unsigned, false),
  withConstant("Mul", image, [1, 3, 1, 1], other, true),
  withConstant("Mul", [2, 6], [6], { scale: 0.00011, zeroPoint: 30_000, type: "uint16" }, false),
  withConstant("Max", [1, 9], [9], unsigned, false),
  withConstant("Max", [2, 9], [2, 9], { scale: 0.00021, zeroPoint: -8823, type: "int16" }, false),
  withConstant("Min", image, [3, 1, 1], other, false),
  withPart("Add", image, image, unsigned, false),
  withPart("Add", image, [1, 3, 1, 1], other, true),
  withPart("Sub", image, image, other, false),
  withPart("Sub", image, [1, 1, 4, 5], other, true),
  withPart("Mul", image, image, other, false),
  withPart("Mul", image, [1, 3, 1, 1], unsigned, false),
  withPart("Mul", image, [1, 1, 4, 5], other, false),
  withPart("Mul", image, [1, 1, 1, 1], other, false),
  withPart("Max", image, image, other, false),
  withPart("Min", [1, 4, 6], [1, 4, 1], unsigned, true),
];
describeCases(cases);

describe("homes", () => {
  const opsOf = (model: ModelBuilder) => compile(model.bytes()).integerGraph.nodes.map(({ op }) => op);
  it("take what is quantized; an image needs no transposition for constants and repeated operands", () => {
    const convolved = (opType: string, k: (b: ModelBuilder) => string) =>
      oneOp([1, 2, 5, 6], (b, x) => {
        const conv = () => b.node("Conv", [x, b.weights([3, 2, 3, 3])]);
        const y = b.qdq(b.node(opType, [b.qdq(conv(), other), k(b)]), output);
        return b.node("Conv", [y, b.weights([2, 3, 1, 1])]);
      });
    for (const [opType, home] of [
      ["Add", "add"],
      ["Sub", "add"],
      ["Mul", "mul"],
      ["Max", "extremum"],
    ] as const) {
      const model = convolved(opType, (b) => constant(b, [3, 1, 1], other)[0]);
      // Transpositions stand only at the graph's borders.
      expect(opsOf(model).filter((op) => op !== "transpose" && op !== "strided")).toEqual(["conv2d", home, "conv2d"]);
      expect(opsOf(model).slice(1, 4)).toEqual(["conv2d", home, "conv2d"]);
    }
  });
  it("refuse operands that repeat along separate axes, and two constants", () => {
    const separate = withPart("Mul", [1, 4, 6, 5], [1, 4, 6, 1], other, false);
    expect(() => compile(separate.model.bytes())).toThrow(/repeats along several groups of axes/);
    const both = oneOp([1, 4], (b) => b.node("Mul", [b.weights([4]), b.weights([4])]));
    expect(() => compile(both.bytes())).toThrow(/both operands are constants/);
    const divided = oneOp([1, 4], (b, x) => b.node("Div", [x, b.qdq(b.node("Neg", [x]), other)]));
    expect(() => compile(divided.bytes())).toThrow(/functions of different tensors/);
  });
  it("lose removed channels of constants too", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.node("Conv", [b.qdq(b.input(image), input), b.weights([3, 3, 1, 1])]), input);
    const y = b.qdq(b.node("Mul", [x, constant(b, [3, 1, 1], other)[0]]), output);
    const weights = b.constant("w", "int8", [1, 3, 1, 1], [5, 0, 7]);
    const w = b.node("DequantizeLinear", [weights, b.constant("ws", "float", [], [0.01])]);
    const { nodes } = compile(b.output(b.quantize(b.node("Conv", [y, w]), output)).bytes()).integerGraph;
    const mul = nodes.find(({ op }) => op === "mul")!;
    expect((mul.attributes as AddAttributes).constant).toHaveLength(2);
  });
});

describe("sums close to ties", () => {
  it("go through fixed-point tables where no multipliers fit", () => {
    // 0.05 and 0.1 as float32 are not quite 1 : 2, so sums come within 1e-8 of ties.
    const near: Affine = { scale: 0.05, zeroPoint: 3 };
    const model = oneOp(
      [1, 300],
      (b, x) => b.node("Sub", [x, b.qdq(b.node("Neg", [x]), { scale: 0.01, zeroPoint: 0 })]),
      { input: near, output: { scale: 0.1, zeroPoint: -5 } },
    );
    const { attributes } = compile(model.bytes()).integerGraph.nodes.find(({ op }) => op === "add")!;
    const { values, tables, aLow, bLow } = attributes as AddBytes;
    expect(tables).toBeDefined();
    const [sa, sb, sy] = [0.05, 0.01, 0.1].map(Math.fround) as [number, number, number];
    // The numerator is exact in a double: 24-bit significands times 8-bit codes.
    for (let a = -128; a <= 127; a++) {
      for (let b = -128; b <= 127; b++) {
        const scaled = (sa * (a - 3) - sb * b) / sy;
        if (Math.abs(Math.abs(scaled % 1) - 0.5) < 1e-12) continue;
        expect(values[(a - aLow) * 256 + (b - bLow)]).toBe(Math.min(127, Math.max(-128, Math.round(scaled) - 5)));
      }
    }
  });
});

describe("operands of 32 bits", () => {
  it("are refused where a table would hold every code", () => {
    const b = new ModelBuilder();
    const scale = b.constant("s", "float", [], [0.01]);
    const wide = (name: string) => b.node("DequantizeLinear", [b.input([4], "int32", name), scale]);
    b.output(b.quantize(b.node("Min", [wide("a"), wide("b")]), output));
    expect(() => compile(b.bytes())).toThrow("a table of int32 codes; expected codes of at most 16 bits");
  });
});

describe("differences that float32 rounds to and fro across ties", () => {
  it("are refused under onnxruntime, and computed by the other families", () => {
    const half: Affine = { scale: 0.05, zeroPoint: 3 };
    const model = oneOp([1, 4], (b, x) => b.node("Sub", [x, b.qdq(b.node("Neg", [x]), { ...half, zeroPoint: -100 })]), {
      input: half,
      output: { scale: 0.1, zeroPoint: 20 },
    }).bytes();
    expect(() => compile(model, { numerics: "onnxruntime" })).toThrow(/QC3002.*too close to a rounding tie/);
    for (const numerics of ["exact", "tflite"]) expect(() => compile(model, { numerics })).not.toThrow();
  });
});

describe("families", () => {
  /** The definitions of numerics by their formulas, for codes p and scales. */
  const model = (opType: string) => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 8]), input);
    return b.output(b.quantize(b.node(opType, [x, b.qdq(b.node("Neg", [x]), other)]), output)).bytes();
  };
  const [sa, sb, sy] = [input.scale, other.scale, output.scale].map(Math.fround) as [number, number, number];
  const saturated = (j: number) => Math.min(127, Math.max(-128, j)) || 0; // no -0
  /** (M, e) with real = M * 2^(e - 31), then SRDHM and RDP with C's truncating divisions. */
  function doublyRounded(value: bigint, factor: number): bigint {
    const exponent = Math.floor(Math.log2(factor)) + 1;
    const multiplier = BigInt(Math.floor((factor / 2 ** exponent) * 2 ** 31 + 0.5));
    const product = (value << BigInt(Math.max(exponent, 0))) * multiplier;
    const high = (product + (product >= 0n ? 1n << 30n : 1n - (1n << 30n))) / (1n << 31n);
    const power = 1n << BigInt(Math.max(-exponent, 0));
    if (power === 1n) return high;
    const magnitude = high < 0n ? -high : high;
    const rounded = (magnitude + power / 2n) / power;
    return high < 0n ? -rounded : rounded;
  }
  const pairs = Array.from(
    { length: 4096 },
    (_, i) => [((i * 37) % 256) - 128, ((i * 101 + (i >> 8)) % 256) - 128] as const,
  );
  /** Single rounding in float32 at every step. */
  const f = Math.fround;
  const definitions: Record<string, Record<string, (a: number, b: number) => number>> = {
    onnxruntime: {
      Mul: (a, b) => saturated(Math.round(f(f((a - 11) * (b + 21) * f(f(sa * sb) / sy)) + output.zeroPoint))),
      Sub: (a, b) => saturated(Math.round(f(f(f(sa * (a - 11)) - f(sb * (b + 21))) / sy)) + output.zeroPoint),
    },
    tflite: {
      Mul: (a, b) => saturated(Number(doublyRounded(BigInt((a - 11) * (b + 21)), (sa * sb) / sy)) + output.zeroPoint),
      Sub: (a, b) => {
        const twice = 2 * Math.max(sa, sb);
        const [first, second] = [
          doublyRounded(BigInt(a - 11) << 20n, sa / twice),
          doublyRounded(BigInt(b + 21) << 20n, sb / twice),
        ];
        return saturated(Number(doublyRounded(first - second, twice / (2 ** 20 * sy))) + output.zeroPoint);
      },
    },
  };
  it.each(["onnxruntime", "tflite"])("%s", (numerics) => {
    for (const opType of ["Mul", "Sub"]) {
      const node = compile(model(opType), { numerics }).integerGraph.nodes.at(-1)!;
      const expected = pairs.map(([a, b]) => definitions[numerics]![opType]!(a, b));
      const whole = {
        ...node,
        output: { ...node.output, shape: [pairs.length] },
        inputs: node.inputs.map((tensor) => ({ ...tensor, shape: [pairs.length] })),
      };
      const operands = [0, 1].map((side) => Int32Array.from(pairs, (pair) => pair[side]!));
      expect(Array.from(opHomes.get(node.op)!.evaluate(whole, operands))).toEqual(expected);
    }
  });
});

describe("QLinear operators", () => {
  it.each(["QLinearAdd", "QLinearMul"])("%s of an activation and a constant row", (opType) => {
    const b = new ModelBuilder();
    const affine = ({ scale, zeroPoint, type = "int8" }: Affine) => [
      b.constant("s", "float", [], [scale]),
      b.constant("z", type, [], [zeroPoint]),
    ];
    const row = [-90, 4, 77, 120];
    const k = b.constant("row", "int8", [4], row);
    const x = b.input([2, 4], "int8");
    const model = b.output(
      b.node(opType, [x, ...affine(input), k, ...affine(other), ...affine(output)], {}, { domain: "com.microsoft" }),
    );
    const { integerGraph } = compile(model.bytes());
    const codes = [-128, -3, 50, 127, 9, 90, -60, 31];
    const f = opType === "QLinearAdd" ? operations.Add : operations.Mul;
    const expected = codes.map((q, i) => code(f(real(q, input), real(row[i % 4]!, other)), output));
    expect(Array.from(outputsOf(integerGraph, [Int32Array.from(codes)])[0]!)).toEqual(expected);
  });
});
