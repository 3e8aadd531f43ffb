/** Graph outputs that are constants, beside an output that is made of the input, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases } from "./engines.js";

const affine = { scale: 0.05, zeroPoint: 3 };

/** A Relu of an input of `dims`, and a constant of `shape` that `build` names and that has the codes `codes`. */
function beside(
  title: string,
  dims: readonly number[],
  shape: readonly number[],
  codes: readonly number[],
  build: (b: ModelBuilder) => string,
): Case {
  const b = new ModelBuilder(title.length);
  const relu = b.quantize(b.node("Relu", [b.dequantize(b.input(dims, "int8"), affine)]), affine);
  return {
    title,
    model: b.output(relu, build(b)),
    plain: (x) => [x.map((code) => Math.max(code, affine.zeroPoint)), codes],
    shapes: [dims, shape],
  };
}

const two = [1, -2, 3, 40, 50, -60];

const cases: Case[] = [
  beside("codes as they are", [1, 4], [2, 3], two, (b) => b.constant("c", "int8", [2, 3], two)),
  beside("multiples of a unit, as the least codes that hold them", [2, 3, 2], [3], [2, -5, 120], (b) =>
    b.constant("c", "float", [3], [0.5, -1.25, 30]),
  ),
  beside("one number of int64", [1], [], [70000], (b) => b.constant("c", "int64", [], [70000])),
  beside("one scale per row", [2, 2], [2, 3], two, (b) => {
    const scales = b.constant("s", "float", [2], [0.5, 0.25]);
    return b.node("DequantizeLinear", [b.constant("c", "int8", [2, 3], two), scales], { axis: 0 });
  }),
];

/** Nothing but constants: any code of the input that stands for none asks for them. */
function alone(): Case {
  const b = new ModelBuilder();
  return {
    title: "without an input",
    model: b.output(b.node("Identity", [b.constant("c", "int8", [2, 3], two)])),
    plain: () => [two],
    shapes: [[2, 3]],
  };
}

describeCases([...cases, alone()]);

describe("a graph without inputs", () => {
  it("gets one, whose name is free, with a note", () => {
    const b = new ModelBuilder();
    const { inputs, notes = [] } = importModel(
      b.output(b.node("Identity", [b.constant("start", "int8", [3], [1, 2, 3])])).bytes(),
      "m",
    );
    expect(inputs).toMatchObject([{ name: "start_", shape: [1], type: { bits: 8, signed: true } }]);
    expect(notes.map(({ code }) => code)).toEqual(["QC2008"]);
  });
});

describe("the quantization of a constant output", () => {
  const quantizationOf = ({ model }: Case) => importModel(model.bytes(), "m").outputs[1]!.quantization;
  it("keeps one scale per index of its axis", () => {
    expect(quantizationOf(cases[3]!)).toEqual({ scales: [0.5, 0.25], zeroPoints: [0, 0], axis: 0 });
  });
  it("is the unit of its floats", () => {
    expect(quantizationOf(cases[1]!)).toEqual({ scales: [0.25], zeroPoints: [0] });
  });
});

describe("a constant output is refused", () => {
  it("where its floats have no common unit", () => {
    const numbers = [Math.PI, Math.E, Math.SQRT2, Math.LN2];
    const { model } = beside("no unit", [2], [2, 2], [], (b) => b.constant("c", "float", [2, 2], numbers));
    expect(() => compile(model.bytes())).toThrow(/QC2003.*is a float constant/);
  });
});
