/** Files for several graph inputs and outputs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { portFiles, readInputs } from "../../compiler/cli/port-files.js";
import { compile } from "../../compiler/compile.js";
import { ModelBuilder } from "../helpers/onnx.js";

const folder = mkdtempSync(join(tmpdir(), "qc-ports-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: readonly number[]) => {
  writeFileSync(join(folder, name), Uint8Array.from(bytes));
  return join(folder, name);
};

describe("portFiles", () => {
  const ports = [{ name: "image" }, { name: "mask" }, { name: "a=b" }];
  const of = (...values: string[]) => portFiles(ports, values, "--input");
  it("takes files in graph order, by name, and both mixed", () => {
    expect(of("1", "2", "3")).toEqual(["1", "2", "3"]);
    expect(of("mask=2", "a=b=3", "image=1")).toEqual(["1", "2", "3"]);
    expect(of("mask=2", "1", "3")).toEqual(["1", "2", "3"]);
    expect(of("x=1", "2", "3")).toEqual(["x=1", "2", "3"]);
  });
  it("refuses any other number of them", () => {
    const expected =
      /^QC6001 .*got \d files with --input, expected 3, for 'image', 'mask', 'a=b': give the option once/;
    for (const values of [[], ["1", "2"], ["1", "2", "3", "4"], ["mask=1", "2"]]) {
      expect(() => of(...values)).toThrow(expected);
    }
    expect(() => of("mask=1", "mask=2", "3")).toThrow(/^QC6001 .*'mask' got two files/);
  });
});

describe("readInputs", () => {
  const model = new ModelBuilder();
  const q = { scale: 0.1, zeroPoint: 0 };
  const [a, b] = [model.qdq(model.input([1, 2], "float", "a"), q), model.qdq(model.input([1, 2], "float", "b"), q)];
  const compilation = compile(model.output(model.quantize(model.node("Add", [a, b]), q)).bytes());
  it("gives the codes of all inputs by inference", () => {
    const files = [put("a", [1, 2, 3, 4]), put("b", [5, 6, 7, 255])];
    const sets = readInputs(compilation, files, "--input").map((set) => set.map((codes) => Array.from(codes)));
    expect(sets).toEqual([
      [
        [1, 2],
        [5, 6],
      ],
      [
        [3, 4],
        [7, -1],
      ],
    ]);
  });
  it("refuses files of different lengths", () => {
    const files = [put("one", [1, 2]), put("two", [5, 6, 7, 8])];
    expect(() => readInputs(compilation, files, "--input")).toThrow(
      /^QC6003 .*two'.* got 2 inferences, but 1 in .*one/,
    );
  });
});
