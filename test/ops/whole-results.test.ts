/** Results that need no QuantizeLinear to become codes, functions behind averages, scales per channel: in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases } from "./engines.js";
import { code, real } from "./reals.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
const to: Affine = { scale: 0.0731, zeroPoint: -3 };
const number = (b: ModelBuilder, value: number) => b.constant("n", "float", [], [value]);

/** The builder with int8 codes of `q` as its input. */
function started(dims: readonly number[]): { b: ModelBuilder; x: string } {
  const b = new ModelBuilder(3);
  return { b, x: b.dequantize(b.input(dims, "int8"), q) };
}

/** Round(x * 5) within -20 to 20; the products of these codes are clear of ties. */
const rounded = (b: ModelBuilder, x: string) =>
  b.node("Clip", [b.node("Round", [b.node("Mul", [x, number(b, 5)])]), number(b, -20), number(b, 20)]);
const roundedCode = (x: number) => Math.min(20, Math.max(-20, Math.round(real(x, q) * 5)));

function padded(): Case {
  const { b, x } = started([2, 3]);
  const pads = b.constant("pads", "int64", [4], [0, 1, 0, 1]);
  const y = b.node("Pad", [rounded(b, x), pads, number(b, 2)]);
  const row = (codes: readonly number[]) => [2, ...codes.map(roundedCode), 2].map((value) => code(value, to));
  return {
    title: "a result of whole numbers, padded",
    model: b.output(b.quantize(y, to)),
    plain: (x) => [[...row(x.slice(0, 3)), ...row(x.slice(3))]],
    shapes: [[2, 5]],
  };
}

function dequantized(): Case {
  const { b, x } = started([5]);
  const codes = b.node("Cast", [rounded(b, x)], { to: 3 });
  const y = b.node("Relu", [b.dequantize(codes, { scale: 0.25, zeroPoint: 2 })]);
  return {
    title: "a result of whole numbers, dequantized",
    model: b.output(b.quantize(y, to)),
    plain: (x) => [x.map((each) => code(Math.max(0, 0.25 * (roundedCode(each) - 2)), to))],
  };
}

const mean = (codes: readonly number[]) => codes.reduce((sum, each) => sum + real(each, q), 0) / codes.length;
const columns = (codes: readonly number[], width: number) =>
  Array.from({ length: width }, (_, c) => codes.filter((_, k) => k % width === c));

/** A function of the mean of 3 rows, and its definition. */
function behindMean(
  title: string,
  body: (b: ModelBuilder, average: string) => string,
  plain: (value: number) => number,
): Case {
  const { b, x } = started([3, 4]);
  const average = b.node("ReduceMean", [x], { axes: [0], keepdims: 0 });
  return {
    title,
    model: b.output(b.quantize(body(b, average), to)),
    plain: (x) => [columns(x, 4).map((own) => code(plain(mean(own)), to))],
  };
}

const averages = [
  behindMean(
    "Sigmoid of a mean",
    (b, x) => b.node("Sigmoid", [x]),
    (value) => 1 / (1 + Math.exp(-value)),
  ),
  behindMean(
    "Floor of a scaled mean",
    (b, x) => b.node("Floor", [b.node("Mul", [x, number(b, 1.7)])]),
    (value) => Math.floor(value * Math.fround(1.7)),
  ),
];

function paddedAverage(): Case {
  const { b, x } = started([1, 1, 3, 3]);
  const y = b.node("AveragePool", [x], { kernel_shape: [2, 2], pads: [1, 1, 0, 0], strides: [2, 2] });
  const taps = [[0], [1, 2], [3, 6], [4, 5, 7, 8]];
  return {
    title: "Exp of averages of 1, 2 and 4 codes",
    model: b.output(b.quantize(b.node("Exp", [b.node("Mul", [y, number(b, 0.3)])]), to)),
    plain: (x) => [taps.map((own) => code(Math.exp(Math.fround(0.3) * mean(own.map((k) => x[k]!))), to))],
  };
}

function factors(): Case {
  const { b, x } = started([2, 3]);
  const scales = [0.03, 0.1, 0.002].map(Math.fround);
  const codes = b.constant("c", "int8", [3], [100, -20, 5]);
  const factor = b.node("DequantizeLinear", [codes, b.constant("s", "float", [3], scales)], { axis: 0 });
  const values = [100, -20, 5].map((each, c) => each * scales[c]!);
  return {
    title: "a factor with one scale per channel",
    model: b.output(b.quantize(b.node("Mul", [x, factor]), to)),
    plain: (x) => [x.map((each, k) => code(real(each, q) * values[k % 3]!, to))],
  };
}

function equalScales(): Case {
  const b = new ModelBuilder(3);
  const [scales, zeroPoints] = [
    b.constant("s", "float", [3], [0.5, 0.5, 0.5]),
    b.constant("z", "int8", [3], [4, 4, 4]),
  ];
  const x = b.node("DequantizeLinear", [b.input([2, 3], "int8"), scales, zeroPoints], { axis: 1 });
  return {
    title: "an activation whose channels all have one scale",
    model: b.output(b.quantize(b.node("Relu", [x]), to)),
    plain: (x) => [x.map((each) => code(Math.max(0, 0.5 * (each - 4)), to))],
  };
}

describeCases([padded(), dequantized(), ...averages, paddedAverage(), factors(), equalScales()]);

describe("without QuantizeLinear at the end", () => {
  it("a mean becomes int16, with a note", () => {
    const { b, x } = started([3, 4]);
    const { outputs, notes = [] } = importModel(b.output(b.node("ReduceMean", [x], { axes: [0] })).bytes(), "m");
    expect(outputs[0]!.type).toEqual({ bits: 16, signed: true });
    expect(notes.map(({ code }) => code)).toEqual(["QC2006"]);
  });
  it("what the host rounds and bounds is codes already: the core hands them on", () => {
    const b = new ModelBuilder();
    const { graph, integerGraph } = compile(b.output(rounded(b, b.input([2, 3]))).bytes());
    expect(graph.outputs).toEqual(graph.inputs);
    expect(graph.inputs[0]!.quantization).toEqual({ scales: [1], zeroPoints: [0] });
    expect(integerGraph.nodes).toEqual([]);
  });
});

describe("what stays refused", () => {
  it("padding of a result that is no whole number", () => {
    const { b, x } = started([2, 3]);
    const pads = b.constant("pads", "int64", [4], [0, 1, 0, 1]);
    b.output(b.quantize(b.node("Pad", [b.node("Sigmoid", [x]), pads]), to));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*not quantized yet/);
  });
  it("a function behind an average that falls", () => {
    const { b, x } = started([3, 4]);
    b.output(b.quantize(b.node("Neg", [b.node("ReduceMean", [x], { axes: [0] })]), to));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*falls/);
  });
});
