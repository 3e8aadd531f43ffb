/** Where and QLinearWhere: activations, constants and conditions of every shape, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases, element, tensor } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const input: Affine = { scale: 0.0471, zeroPoint: 11 };
const output: Affine = { scale: 0.0719, zeroPoint: -3 };
const limit = 0.8;

/** Reals of an operand at a position of the result, from the reals of x. */
type Operand = (at: readonly number[], x: (at: readonly number[]) => number) => number;

interface Built {
  readonly name: string;
  readonly value: Operand;
}

/** Where(first half of x > limit, a, b): the halves are tensors of their own. */
function where(
  title: string,
  dims: readonly number[],
  conditionDims: readonly number[],
  operand: (b: ModelBuilder, second: string, affine: Affine) => readonly [Built, Built],
  result = output,
): Case {
  const b = new ModelBuilder(title.length);
  const [count, ...rest] = dims as [number, ...number[]];
  const whole = [2 * count, ...rest];
  const source = { ...input, type: result.type ?? "int8" } as Affine;
  const x = b.dequantize(b.input(whole, source.type), source);
  const ints = (values: readonly number[]) => b.constant("i", "int64", [values.length], values);
  const part = (from: readonly number[], size: readonly number[]) =>
    b.node("Slice", [x, ints(from), ints(size.map((dim, axis) => from[axis]! + dim))]);
  const zeros = dims.map(() => 0);
  const first = part(zeros, conditionDims);
  const condition = b.node("Greater", [first, b.constant("limit", "float", [], [limit])]);
  const second = b.qdq(part([count, ...zeros.slice(1)], dims), { ...source, zeroPoint: 9 });
  const [one, other] = operand(b, second, source);
  const model = b.output(b.quantize(b.node("Where", [condition, one.name, other.name]), result));
  const plain = (codes: readonly number[]) => [
    tensor(dims, (at) => {
      const mine = (place: readonly number[]) => real(element(codes, whole, place), source);
      const chosen = mine(at.map((i, axis) => (conditionDims[axis] === 1 ? 0 : i))) > limit;
      const shifted = (place: readonly number[]) => {
        const [row = 0, ...others] = place;
        const affine = { ...source, zeroPoint: 9 };
        return real(code(mine([row + count, ...others]), affine), affine);
      };
      return code((chosen ? one : other).value(at, shifted), result);
    }),
  ];
  return { title, model, shapes: [dims], plain };
}

const activation = (name: string): Built => ({ name, value: (at, x) => x(at) });

function number(b: ModelBuilder, value: number): Built {
  return { name: b.constant("number", "float", [], [value]), value: () => Math.fround(value) };
}

/** Seeded codes behind DequantizeLinear. */
function constant(b: ModelBuilder, dims: readonly number[], affine: Affine): Built {
  const codes = tensor(dims, () => b.random.integer(-100, 100));
  const name = b.dequantize(b.constant("k", "int8", dims, codes), affine);
  const value: Operand = (at) =>
    real(
      element(
        codes,
        dims,
        at.slice(-dims.length).map((i, axis) => (dims[axis] === 1 ? 0 : i)),
      ),
      affine,
    );
  return { name, value };
}

const image = [1, 3, 4, 5];
const wide: Affine = { scale: 0.00031, zeroPoint: -77, type: "int16" };
const cases: Case[] = [
  where("an activation or a number", [3, 4], [3, 4], (b, second) => [activation(second), number(b, -1.3)]),
  where("a number beyond all codes or an activation", [3, 4], [1, 4], (b, second) => [
    number(b, -1e9),
    activation(second),
  ]),
  where("minus infinity", [2, 3], [2, 3], (b, second) => [activation(second), number(b, -Infinity)]),
  where("two activations of an image", image, image, (b, second) => {
    const affine = { scale: 0.033, zeroPoint: 4 };
    const doubled = b.qdq(b.node("Neg", [second]), affine);
    const value: Operand = (at, x) => real(code(-x(at), affine), affine);
    return [activation(second), { name: doubled, value }];
  }),
  where("a condition per row and a constant per column", [4, 5], [4, 1], (b, second) => [
    constant(b, [5], { scale: 0.029, zeroPoint: 3, type: "int8" }),
    activation(second),
  ]),
  where("two constants of several values", [2, 5], [2, 5], (b) => [
    constant(b, [2, 5], { scale: 0.029, zeroPoint: 3, type: "int8" }),
    constant(b, [2, 1], { scale: 0.017, zeroPoint: -3, type: "int8" }),
  ]),
  where("16-bit codes", [2, 7], [2, 1], (b, second) => [activation(second), number(b, 2.5)], wide),
];

describeCases(cases);
describeWitnessed(cases.filter(({ title }) => title !== "16-bit codes"));

describe("QLinearWhere", () => {
  it("is Where between its own quantizations", () => {
    const b = new ModelBuilder(5);
    const affine = { scale: 0.05, zeroPoint: 3 };
    const parameters = ({ scale, zeroPoint }: Affine) => [
      b.constant("scale", "float", [], [scale]),
      b.constant("zp", "int8", [], [zeroPoint]),
    ];
    const condition = b.input([2, 3], "uint8", "condition");
    const truth = b.node("Cast", [condition], { to: 9 });
    const operands = ["p", "q"].flatMap((name) => [b.input([2, 3], "int8", name), ...parameters(affine)]);
    const given = [truth, ...operands, ...parameters(output)];
    const { integerGraph } = compile(
      b.output(b.node("QLinearWhere", given, {}, { domain: "com.microsoft" })).bytes((proto) => {
        proto.opsetImport.push({ domain: "com.microsoft", version: 1 });
      }),
    );
    const [p, q] = [
      [1, 2, 3, 4, 5, 6],
      [-20, -30, -40, 90, 100, 110],
    ];
    const chosen = [1, 0, 1, 0, 7, 0];
    const got = outputsOf(
      integerGraph,
      [chosen, p, q].map((codes) => Int32Array.from(codes)),
    );
    expect(Array.from(got[0]!)).toEqual(chosen.map((c, i) => code(real((c ? p : q)[i]!, affine), output)));
    expect(integerGraph.nodes.map(({ op }) => op)).toContain("select");
  });
});

describe("a bool graph input", () => {
  const model = () => {
    const b = new ModelBuilder();
    const mask = b.input([4], "uint8", "mask");
    const x = b.qdq(b.input([4], "float", "x"), input);
    b.output(b.quantize(b.node("Where", [mask, x, b.constant("zero", "float", [], [0])]), output));
    return b.bytes((proto) => {
      proto.graph.input[0].type.tensorType.elemType = 9;
    });
  };
  it("is codes of one bit", () => {
    const [mask] = importModel(model(), "m").inputs;
    expect([mask!.type, mask!.quantization.scales]).toEqual([{ bits: 1, signed: false }, [1]]);
  });
  it("chooses", () => {
    const got = outputsOf(compile(model()).integerGraph, [Int32Array.of(0, 1, 1, 0), Int32Array.of(40, 50, 60, 70)]);
    expect(Array.from(got[0]!)).toEqual([0, 50, 60, 0].map((q) => code(q ? real(q, input) : 0, output)));
  });
});

describe("an unquantized result", () => {
  it("keeps the unit of both operands", () => {
    const b = new ModelBuilder();
    const mask = b.input([2], "uint8", "mask");
    const x = b.dequantize(b.input([2], "int8", "x"), { scale: 0.5, zeroPoint: 0 });
    b.output(b.node("Where", [b.node("Cast", [mask], { to: 9 }), x, b.constant("k", "float", [], [1.5])]));
    const { graph, integerGraph } = compile(b.bytes());
    expect(graph.outputs[0]!.quantization.scales).toEqual([0.5]);
    const got = outputsOf(integerGraph, [Int32Array.of(1, 0), Int32Array.of(-128, 4)]);
    expect(Array.from(got[0]!)).toEqual([-128, 3]);
  });
});

describe("what is refused", () => {
  it("operands whose shapes do not broadcast", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([2, 3]), input);
    const mask = b.input([4], "uint8", "mask");
    b.output(b.quantize(b.node("Where", [mask, x, x]), output));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*shapes \[4\] and \[2,3\] do not broadcast/);
  });
  it("results that are not quantized yet", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([2, 3]), input);
    const sum = b.node("MatMul", [x, b.weights([3, 3], [0.01, 0.02, 0.03], 1)]);
    const mask = b.input([3], "uint8", "mask");
    b.output(b.quantize(b.node("Where", [mask, x, sum]), output));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*Quantize every tensor between operations/);
  });
});
