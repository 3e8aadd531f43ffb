/** Max, Min, Sum and Mean of three and more operands, in every engine, against doubles and ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases, element, tensor } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const input: Affine = { scale: 0.0471, zeroPoint: 11 };
const output: Affine = { scale: 0.0719, zeroPoint: -3 };

const reduced = {
  Max: (values: readonly number[]) => Math.max(...values),
  Min: (values: readonly number[]) => Math.min(...values),
  Sum: (values: readonly number[]) => values.reduce((a, b) => a + b, 0),
  Mean: (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length,
} as const;

/** x, a function of it in other codes, and its first row, which repeats. */
function three(opType: keyof typeof reduced, dims: readonly number[], second: Affine, number?: number): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input(dims, "int8"), input);
  const ints = (values: readonly number[]) => b.constant("i", "int64", [values.length], values);
  const row = [1, ...dims.slice(1)];
  const operands = [
    x,
    b.qdq(b.node("Softplus", [x]), second),
    b.node("Slice", [x, ints(dims.map(() => 0)), ints(row)]),
  ];
  if (number !== undefined) operands.push(b.constant("k", "float", [], [number]));
  const model = b.output(b.quantize(b.node(opType, operands), output));
  const plain = (codes: readonly number[]) => [
    tensor(dims, (at) => {
      const own = real(element(codes, dims, at), input);
      const first = real(element(codes, dims, [0, ...at.slice(1)]), input);
      const values = [own, real(code(Math.log1p(Math.exp(own)), second), second), first];
      return code(reduced[opType](number === undefined ? values : [...values, Math.fround(number)]), output);
    }),
  ];
  return {
    title: `${opType} of [${dims}]${number === undefined ? "" : ` and ${number}`}`,
    model,
    shapes: [dims],
    plain,
  };
}

const other: Affine = { scale: 0.0313, zeroPoint: -21, type: "int8" };
const sameScale: Affine = { scale: 0.0471, zeroPoint: -40, type: "int8" };
const double: Affine = { scale: 2 * Math.fround(0.0471), zeroPoint: 7, type: "int8" };

const cases = [
  three("Max", [3, 5], other),
  three("Min", [2, 3, 4], other),
  three("Max", [3, 5], other, 0.4),
  three("Sum", [3, 5], sameScale),
  three("Sum", [2, 3, 4, 4], double),
  three("Mean", [4, 3], double),
];

describeCases(cases);
describeWitnessed(cases);

describe("operands", () => {
  it("that are functions of one value make a table", () => {
    const b = new ModelBuilder();
    const x = b.dequantize(b.input([4], "int8"), input);
    b.output(b.quantize(b.node("Sum", [x, b.node("Neg", [x]), b.node("Abs", [x])]), output));
    const { integerGraph } = compile(b.bytes());
    expect(integerGraph.nodes.map(({ op }) => op)).toEqual(["table"]);
    const codes = Int32Array.of(-100, 0, 50, 127);
    const expected = Array.from(codes, (q) => code(Math.abs(real(q, input)), output));
    expect(Array.from(outputsOf(integerGraph, [codes])[0]!)).toEqual(expected);
  });
  it("whose scales have no common unit are not summed", () => {
    const { model } = three("Sum", [3, 5], other);
    expect(() => compile(model.bytes())).toThrow(/QC2002.*no common unit.*use Add of two operands/);
  });
  it("may be one", () => {
    const b = new ModelBuilder();
    b.output(b.quantize(b.node("Mean", [b.dequantize(b.input([4], "int8"), input)]), output));
    const codes = Int32Array.of(-100, 0, 50, 127);
    const got = outputsOf(compile(b.bytes()).integerGraph, [codes])[0]!;
    expect(Array.from(got)).toEqual(Array.from(codes, (q) => code(real(q, input), output)));
  });
});
