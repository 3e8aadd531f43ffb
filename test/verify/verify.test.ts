/** Verification finds a single wrong byte, and names the first tensor that differs. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerTensor } from "../../compiler/ir/integer-graph.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { firstDifference, verifyTarget } from "../../compiler/verify/verify.js";
import { findTarget } from "../../targets/index.js";
import { smallNetwork } from "../helpers/onnx.js";

const compilation = compile(smallNetwork().bytes(), { name: "small" });
const { integerGraph } = compilation;
const [output] = integerGraph.outputs as [IntegerTensor];

describe("firstDifference", () => {
  const codes = [[Int32Array.of(1, -1, 3, 0, 0)], [Int32Array.of(-128, 127, 0, 0, 0)]];
  const bytes = () => codes.map(([row]) => Uint8Array.from(row!, (code) => code & 255));
  it("is null for equal bytes", () => expect(firstDifference([output], codes, bytes())).toBeNull());
  it("names input, index and both values", () => {
    const actual = bytes();
    actual[1]![1] = 0x80;
    expect(firstDifference([output], codes, actual)).toEqual({
      input: 1,
      tensor: output.name,
      index: 1,
      expected: 127,
      actual: -128,
    });
  });
  it("finds bytes that are missing", () => {
    const actual = bytes();
    actual[0] = actual[0]!.subarray(0, 3);
    expect(firstDifference([output], codes, actual)).toMatchObject({ input: 0, index: 3 });
  });
});

describe("verifyTarget", () => {
  const vectors = seededSets(integerGraph.inputs, 3, 7);
  const expected = vectors.map((vector) => outputsOf(integerGraph, vector));

  it("host: equal, and says how many bytes", async () => {
    const steps: string[] = [];
    const verdict = await verifyTarget(compilation, findTarget("host"), vectors, expected, {
      seed: 1,
      onStep: (text) => steps.push(text),
    });
    expect(verdict).toMatchObject({ target: "host", equal: true, bytes: 15, difference: null });
    expect(steps).toEqual([expect.stringMatching(/^host: .*, 3 inferences$/)]);
  });

  it("host: one broken weight is found and pinned to its layer", async () => {
    const node = integerGraph.nodes.find(({ name }) => name === "depthwise")!;
    const edit = (files: Map<string, string>) => {
      const text = files.get("model_weights.c")!;
      const start = text.indexOf("depthwise");
      const at = text.indexOf("{", start);
      expect(start).toBeGreaterThan(0);
      // The first number of the first array of this layer.
      files.set(
        "model_weights.c",
        `${text.slice(0, at)}${text.slice(at).replace(/-?\d+/, (number) => `${Number(number) > 0 ? Number(number) - 60 : Number(number) + 60}`)}`,
      );
    };
    const { equal, difference } = await verifyTarget(compilation, findTarget("host"), vectors, expected, {
      seed: 1,
      edit,
    });
    expect(equal).toBe(false);
    expect(difference!.tensor).toBe(node.output.name);
    expect(difference!.expected).not.toBe(difference!.actual);
  });

  it("a wrong expectation is a difference too", async () => {
    const wrong = expected.map(([codes]) => [Int32Array.from(codes!)]);
    wrong[2]![0]![4]! += 1;
    const { equal, difference } = await verifyTarget(compilation, findTarget("host"), vectors, wrong, { seed: 1 });
    expect(equal).toBe(false);
    expect(difference).toMatchObject({
      input: 2,
      index: 4,
      tensor: output.name,
      expected: wrong[2]![0]![4],
      actual: expected[2]![0]![4],
    });
  });
});
