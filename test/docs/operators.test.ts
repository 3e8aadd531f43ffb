/** docs/operators.md says what the compiler does: rows and widths against the homes and the engines' refusals. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { opHomes } from "../../compiler/ops/index.js";
import { sampleModel, widths } from "../../scripts/generate/operator-samples.js";
import { probe } from "../../scripts/generate/operators.js";
import { packagePath } from "../../targets/package-root.js";

const page = readFileSync(packagePath("docs", "operators.md"), "utf8");
const cells = (home: string) =>
  page
    .split("\n")
    .find((line) => line.startsWith(`| ${home} |`))
    ?.split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());

describe("docs/operators.md", () => {
  it.each([...opHomes.values()].map(({ name, onnx }) => [name, Object.keys(onnx)] as const))(
    "%s: a row with its operators, and a sample that it was tried by",
    (name, operators) => {
      expect(cells(name)?.[0]).toBe([...operators].sort().join(", ") || "part of others");
      expect(sampleModel(name, 8), "scripts/generate/operator-samples.ts has one").toBeDefined();
    },
  );
  it.each(["conv2d", "softmax", "matmul", "mul"])("%s: the widths are those that each engine takes", (name) => {
    expect(cells(name)?.slice(1)).toEqual(Object.values(probe(name)!).map((taken) => taken.join(", ")));
  });
  it("widths that are missing are refused with a reason", () => {
    expect(widths).toEqual([2, 4, 8, 16]);
    expect(() => compile(sampleModel("softmax", 4)!, { numerics: "tflite" })).toThrow(/^QC2004/);
    expect(() => compile(sampleModel("matmul", 16)!)).toThrow(/^QC3001/);
  });
});
