/** Models that must be refused: the code, the place and the reason of every refusal. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Diagnostic, QcError } from "../../compiler/diagnostics.js";
import { ModelBuilder, oneOp, smallNetwork } from "../helpers/onnx.js";
import { hostile } from "./refusals/hostile.js";
import { matrices } from "./refusals/matrices.js";
import { image, q } from "./refusals/models.js";
import { operators } from "./refusals/operators.js";
import { quantization } from "./refusals/quantization.js";
import { reading } from "./refusals/reading.js";
import { windows } from "./refusals/windows.js";

/** All diagnostics of a model that must not compile. */
function refused(model: ModelBuilder | Uint8Array): readonly Diagnostic[] {
  try {
    compile(model instanceof ModelBuilder ? model.bytes() : model);
  } catch (error) {
    if (error instanceof QcError) return error.diagnostics;
    throw error;
  }
  throw new Error("the model was accepted");
}

const cases = [...reading, ...quantization, ...windows, ...matrices, ...operators, ...hostile];

describe("a refused model names the code, the place and the reason", () => {
  it.each(cases)("%s", (_, model, code, where, message) => {
    const diagnostics = refused(model());
    expect(diagnostics[0]).toMatchObject({ code, message: expect.stringMatching(message) });
    if (where !== undefined) expect(diagnostics[0]!.where).toBe(where);
  });

  it("unknown numerics", () => {
    expect(() => compile(smallNetwork().bytes(), { numerics: "fast" })).toThrow(/QC6001 .*exact, onnxruntime, tflite/);
  });

  it("names every unsupported node at once, and skips what depends on them", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input(image), q);
    const bad = b.node("Sinh", [x], {}, { name: "first" });
    const after = b.node("Relu", [bad], {}, { name: "depends" });
    const pool = b.node("MaxPool", [x], { kernel_shape: [2, 2], strides: [0, 1] }, { name: "second" });
    const odd = b.node("Conv", [x, b.weights([1, 2, 3, 3])], { turbo: 1 }, { name: "third" });
    expect(refused(b.output(after, pool, odd)).map(({ code, where }) => `${code} ${where}`)).toEqual([
      "QC2001 first",
      "QC2002 second",
      "QC2002 third",
    ]);
  });

  it.each(["If", "Loop", "Scan"])("%s with its subgraph is one unsupported node", (opType) => {
    const attribute = { raw: { type: 5, g: { name: "body", node: [{ opType: "Add" }] } } };
    const b = oneOp(image, (builder, x) => builder.node(opType, [x], { body: attribute }, { name: "flow" }));
    expect(refused(b).map(({ code, where }) => `${code} ${where}`)).toEqual(["QC2001 flow"]);
  });

  it("keeps control characters of names out of messages", () => {
    const b = oneOp(image, (builder, x) => builder.node("Sinh", [x], {}, { name: "a\nb\u001b[31m" }));
    expect(() => compile(b.bytes())).toThrow(/^QC2001 'a\?b\?\[31m' unsupported operator: Sinh is not supported\.$/);
  });
});

/** Codes the front half raises, apart from those that only an internal defect can raise. */
const covered = new Set(cases.map(([, , code]) => code));
it("covers every code that reading, lowering and certifying can raise", () => {
  const expected = [
    "QC1001",
    "QC1002",
    "QC1003",
    "QC1004",
    "QC1005",
    "QC1006",
    "QC2001",
    "QC2002",
    "QC2003",
    "QC2004",
    "QC2005",
    "QC3001",
    "QC3002",
  ];
  // QC3003: fallbacks.test.ts. QC3004: test/ir/verify.test.ts. QC4xxx: test/plan, test/targets. QC5xxx: test/verify. QC6xxx: test/cli.
  expect([...covered].sort()).toEqual(expected);
});
