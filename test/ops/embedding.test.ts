/** Gather from a constant table by codes: every index, negative and beyond the ends, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type DataType, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases } from "./engines.js";
import { code } from "./reals.js";

const rows = 5;
const output = { scale: 0.0731, zeroPoint: -3 };

/** Rows of [rows, ...row] chosen by an input of indices of the type. */
function embedding(title: string, row: readonly number[], dims: readonly number[], type: DataType): Case {
  const b = new ModelBuilder(title.length);
  const width = row.reduce((x, y) => x * y, 1);
  const codes = Array.from({ length: rows * width }, () => b.random.integer(-128, 127));
  const table = b.dequantize(b.constant("w", "int8", [rows, ...row], codes), { scale: 0.013, zeroPoint: 5 });
  const indices = b.input(dims, type, "ids");
  const model = b.output(b.quantize(b.node("Gather", [table, indices], { axis: 0 }), output));
  const chosen = (index: number) => Math.min(Math.max(index < 0 ? index + rows : index, 0), rows - 1);
  return {
    title,
    model,
    shapes: [[...dims, ...row]],
    plain: (ids) => [
      ids.flatMap((index) => {
        const own = codes.slice(chosen(index) * width, (chosen(index) + 1) * width);
        return own.map((q) => code(Math.fround(0.013) * (q - 5), output));
      }),
    ],
  };
}

const cases = [
  embedding("a sentence of uint8", [4], [1, 6], "uint8"),
  embedding("signed indices", [3], [7], "int8"),
  embedding("int32 indices and one number per row", [], [1, 9], "int32"),
  embedding("int16 indices and rows of two axes", [2, 3], [2, 2], "int16"),
];

describeCases(cases);

describe("indices of a small range", () => {
  it("choose every row", () => {
    const { model, plain } = cases[1]!;
    const ids = [0, 1, 2, 3, 4, -1, -5];
    const got = outputsOf(compile(model.bytes()).integerGraph, [Int32Array.from(ids)]);
    expect(got.map((codes) => Array.from(codes))).toEqual(plain!(ids));
    expect(new Set(plain!(ids)[0]).size).toBeGreaterThan(10);
  });
});

describe("the home", () => {
  it("is embedding", () => {
    const { nodes } = compile(cases[0]!.model.bytes()).integerGraph;
    expect(nodes.map(({ op }) => op)).toEqual(["embedding", "table"]);
  });
});

describe("a graph input of int64", () => {
  const { model } = embedding("as exporters write it", [3], [1, 4], "int64");
  it("becomes int32, with a note", () => {
    const { inputs, notes = [] } = importModel(model.bytes(), "m");
    expect(inputs.map(({ type }) => type)).toEqual([{ bits: 32, signed: true }]);
    expect(notes.map((note) => [note.code, note.where])).toEqual([["QC2007", "ids"]]);
  });
});

describe("what is refused", () => {
  const table = (b: ModelBuilder) => b.weights([rows, 3]);
  it("another axis than the first", () => {
    const b = new ModelBuilder();
    b.output(b.quantize(b.node("Gather", [table(b), b.input([2], "uint8", "ids")], { axis: 1 }), output));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*axis 1 with indices that are no constants/);
  });
  it("activations on both sides", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([rows, 3]), output);
    b.output(b.quantize(b.node("Gather", [x, b.input([2], "uint8", "ids")]), output));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*neither the data nor the indices are constants/);
  });
});
