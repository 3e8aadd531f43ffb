/** Codes of more than 8 bits through sums and functions of one value: plain doubles, ties by big integers, every engine. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exact } from "../../compiler/arith/definitions/exact.js";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { AddAttributes } from "../../compiler/ops/add/add.types.js";
import { evaluateWide, lowerWide, type WideSpec } from "../../compiler/ops/add/wide.js";
import type { TableAttributes } from "../../compiler/ops/table/table.types.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases } from "./engines.js";
import { code, real } from "./reals.js";

const x16: Affine = { scale: 0.000471, zeroPoint: 11, type: "int16" };
const y16: Affine = { scale: 0.000713, zeroPoint: -300, type: "int16" };
const u16: Affine = { scale: 0.00029, zeroPoint: 30000, type: "uint16" };
const y8: Affine = { scale: 0.0719, zeroPoint: -3 };

/** A model of a 16-bit input, by what stands between its dequantization and the quantization to `output`. */
function behind(
  title: string,
  body: (b: ModelBuilder, x: string) => string,
  output: Affine,
  plain: ((value: number, code: number) => number) | undefined,
  input: Affine = x16,
): Case {
  const b = new ModelBuilder(title.length);
  const x = b.dequantize(b.input([1, 40], input.type), input);
  const model = b.output(b.quantize(body(b, x), output));
  if (!plain) return { title, model };
  return { title, model, plain: (codes) => [codes.map((q) => code(plain(real(q, input), q), output))] };
}

const number = (b: ModelBuilder, value: number) => b.constant("n", "float", [], [value]);
const negative = (b: ModelBuilder, x: string, affine: Affine) => b.qdq(b.node("Neg", [x]), affine);
/** The value of -x behind another quantization. */
const requantized = (value: number, affine: Affine) => real(code(-value, affine), affine);

const cases: Case[] = [
  behind(
    "int16 to int16",
    (_, x) => x,
    y16,
    (v) => v,
  ),
  behind(
    "int16 to int8",
    (_, x) => x,
    y8,
    (v) => v,
  ),
  behind(
    "uint16 to int8",
    (_, x) => x,
    y8,
    (v) => v,
    u16,
  ),
  behind(
    "Relu of int16",
    (b, x) => b.node("Relu", [x]),
    y16,
    (v) => Math.max(v, 0),
  ),
  behind(
    "Sigmoid of int16 to int8",
    (b, x) => b.node("Sigmoid", [x]),
    { scale: 1 / 256, zeroPoint: -128 },
    (v) => 1 / (1 + Math.exp(-v)),
  ),
  behind("Abs of int16, a table", (b, x) => b.node("Abs", [x]), y16, Math.abs),
  behind(
    "a sum of two scales",
    (b, x) => b.node("Add", [x, negative(b, x, u16)]),
    y16,
    (v) => v + requantized(v, u16),
  ),
  behind(
    "a difference",
    (b, x) => b.node("Sub", [negative(b, x, u16), x]),
    y16,
    (v) => requantized(v, u16) - v,
  ),
  behind(
    "a sum to int8 with a bound",
    (b, x) => b.node("Relu", [b.node("Add", [x, negative(b, x, u16)])]),
    y8,
    (v) => Math.max(0, v + requantized(v, u16)),
  ),
  behind(
    "a sum of one scale",
    (b, x) => b.node("Add", [x, x]),
    y16,
    (v) => 2 * v,
  ),
  behind(
    "a sum of int16 and int8",
    (b, x) => b.node("Add", [x, negative(b, x, y8)]),
    y16,
    (v) => v + requantized(v, y8),
  ),
  behind(
    "a sum with a constant of 16 bits",
    (b, x) => {
      const k = b.dequantize(
        b.constant(
          "k",
          "int16",
          [40],
          Array.from({ length: 40 }, (_, i) => 1500 * (i - 20)),
        ),
        y16,
      );
      return b.node("Add", [x, k]);
    },
    { ...y16, scale: 0.0013 },
    undefined,
  ),
  behind(
    "a function of a sum of one scale",
    (b, x) =>
      b.node("Tanh", [b.node("Mul", [b.node("Add", [x, negative(b, x, { ...x16, zeroPoint: 5 })]), number(b, 90)])]),
    { scale: 1 / 128, zeroPoint: 0 },
    (v) => Math.tanh(90 * (v + requantized(v, { ...x16, zeroPoint: 5 }))),
  ),
];

describeCases(cases);

describe("the forms", () => {
  const nodeOf = (title: string, op: string) =>
    compile(cases.find((item) => item.title === title)!.model.bytes()).integerGraph.nodes.filter(
      (node) => node.op === op,
    );
  it("have no tables where a staircase is smaller", () => {
    for (const title of ["int16 to int16", "uint16 to int8", "Relu of int16", "Sigmoid of int16 to int8"])
      expect(
        nodeOf(title, "table").map((node) => (node.attributes as TableAttributes).requantize !== undefined),
        title,
      ).toEqual([true]);
    expect((nodeOf("Abs of int16, a table", "table")[0]!.attributes as TableAttributes).requantize).toBeUndefined();
  });
  it("are whole multiples where scales allow", () => {
    const kind = (title: string) => (nodeOf(title, "add")[0]!.attributes as AddAttributes).wide?.kind;
    expect(kind("a sum of one scale")).toBe("weights");
    expect(kind("a sum of two scales")).toBe("tied");
  });
});

describe("codes of 32 bits", () => {
  it("are requantized without a table", () => {
    const input: Affine = { scale: 1e-6, zeroPoint: 0, type: "int32" };
    const b = new ModelBuilder();
    b.output(b.quantize(b.dequantize(b.input([1, 5], "int32"), input), y8));
    const codes = [-(2 ** 31), -71900, 0, 36000, 2 ** 31 - 1];
    const expected = codes.map((q) => code(real(q, input), y8));
    expect(Array.from(outputsOf(compile(b.bytes()).integerGraph, [Int32Array.from(codes)])[0]!)).toEqual(expected);
  });
  it("are refused where a function falls", () => {
    const b = new ModelBuilder();
    const x = b.dequantize(b.input([4], "int32"), { scale: 0.01, zeroPoint: 0, type: "int32" });
    b.output(b.quantize(b.node("Neg", [x]), y8));
    expect(() => compile(b.bytes())).toThrow("a table of int32 codes; expected codes of at most 16 bits");
  });
});

/** What qc_add_tied computes, in big integers. */
function tiedForm(spec: WideSpec, a: number, b: number): { form: number; definition: number } | undefined {
  const { wide } = lowerWide(spec, { numerics: exact, ranges: () => [], note: () => {} });
  if (wide.kind !== "tied") return undefined;
  const { ma, mb, c, shift, correction } = wide.form; // units of 1
  const u = BigInt(a) * ma + BigInt(b) * mb + c;
  const odd = ((u >> BigInt(shift)) ^ BigInt(wide.zeroPoint)) & 1n;
  const value = Number((u - (odd === 1n ? correction : 0n)) >> BigInt(shift));
  const form = Math.min(spec.clamp.hi, Math.max(spec.clamp.lo, value));
  return { form, definition: evaluateWide(wide, spec.clamp, a, b) };
}

const whole = { lo: -32768, hi: 32767 };
const wideCode = fc.integer({ min: -32768, max: 32767 });
const spec = (scales: readonly number[], zeroPoints: readonly number[]): WideSpec => {
  const [sa, sb, sy] = scales.map(Math.fround) as [number, number, number];
  const [za, zb, zy] = zeroPoints as [number, number, number];
  return {
    node: "sum",
    operands: [
      { scale: sa, zeroPoint: za, sign: 1n, bits: 16, reachable: whole },
      { scale: sb, zeroPoint: zb, sign: -1n, bits: 16, reachable: whole },
    ],
    post: undefined,
    output: { scale: sy, zeroPoint: zy },
    clamp: whole,
  };
};

describe("the 64-bit form of a sum", () => {
  it("equals the rounded fraction for any scales, also at ties", () => {
    const scale = fc.float({ min: Math.fround(0.5), max: 2, noNaN: true, minExcluded: true });
    const scales = fc.tuple(scale, scale, scale);
    fc.assert(
      fc.property(scales, fc.tuple(wideCode, wideCode, wideCode), wideCode, wideCode, (s, z, a, b) => {
        const got = tiedForm(spec(s, z), a, b);
        if (got) expect(got.form).toBe(got.definition);
      }),
      { seed: 5, numRuns: 3000 },
    );
  });
  it("rounds every exact tie to the even neighbour", () => {
    // a - za = 0 leaves b/2 steps: a tie for every odd b, in scales whose sum needs more than 31 bits.
    const scales = [2 ** -9 * (1 + 2 ** -20), 2 ** -10, 2 ** -9];
    for (const zy of [0, 7]) {
      for (let b = -41; b <= 41; b++) {
        const got = tiedForm(spec(scales, [5, 0, zy]), 5, b)!;
        const half = -b / 2;
        const even = Number.isInteger(half) ? half : 2 * Math.round(half / 2);
        expect([got.form, got.definition]).toEqual([even + zy, even + zy]);
      }
    }
  });
  it("is refused for scales that are too far apart", () => {
    const far = spec([1.1, 1e-9, 1.3], [0, 0, 0]);
    expect(() => lowerWide(far, { numerics: exact, ranges: () => [], note: () => {} })).toThrow(/QC3002.*64 bits/);
  });
});
