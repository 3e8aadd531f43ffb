/** `qcompile check`: all problems with hints, as text, JSON and SARIF; layers where there is none. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Diagnostic, QcError } from "../../compiler/diagnostics.js";
import { hintOf } from "../../compiler/hints.js";
import { quantizationRules } from "../../compiler/import/quantize-rules.js";
import { rewriteOf, rewrites } from "../../compiler/import/rewrites.js";
import { opHomes } from "../../compiler/ops/index.js";
import { layersText } from "../../compiler/report/layers-text.js";
import { makeReport } from "../../compiler/report/report.js";
import { sarifLog } from "../../compiler/report/sarif.js";
import { targetProblems } from "../../targets/check-target.js";
import { findTarget, isCore } from "../../targets/index.js";
import { solverFor } from "../../targets/solver.js";
import { qcompile } from "../helpers/command.js";
import { type Affine, ModelBuilder, oneOp, smallNetwork } from "../helpers/onnx.js";

const folder = mkdtempSync(join(tmpdir(), "qc-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

const q: Affine = { scale: 0.1, zeroPoint: 0 };

/** Two unsupported operators and an unsupported attribute. */
function broken(): ModelBuilder {
  const b = new ModelBuilder();
  const x = b.qdq(b.input([1, 2, 6, 6]), q);
  const sinh = b.node("Sinh", [x], {}, { name: "first" });
  const dynamic = b.node("DynamicQuantizeLinear", [x], {}, { name: "second" });
  const pool = b.node("MaxPool", [x], { kernel_shape: [2, 2], strides: [0, 1] }, { name: "third" });
  return b.output(sinh, dynamic, pool);
}

function diagnosticsOf(attempt: () => unknown): readonly Diagnostic[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof QcError) return error.diagnostics;
    throw error;
  }
  throw new Error("no error");
}

/** Pads of five axes, more than Verilog takes. */
const deep = [1, 2, 2, 2, 2, 2];
const spread = (b: ModelBuilder, x: string, name: string) =>
  b.node("Pad", [x, b.constant("pads", "int64", [12], [0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1])], {}, { name });

describe("hints", () => {
  const [first, second, third] = diagnosticsOf(() => compile(broken().bytes()));
  it("name the nearest supported spelling of an operator", () => {
    expect([first, second].map((problem) => problem!.hint)).toEqual([
      "use HardSigmoid + Mul, Tanh or Clip as the activation",
      "use static quantization (calibration): QuantizeLinear/DequantizeLinear with constant scales",
    ]);
  });
  it("else say what the code means for the model", () => {
    expect(third!.hint).toBeUndefined();
    expect(hintOf(third!)).toBe("change the attribute or input as the reason says");
    expect(hintOf({ code: "QC1006", message: "" })).toMatch(/opset 13 or newer/);
    expect(hintOf({ code: "QC2001", message: "" })).toMatch(/HardSigmoid \+ Mul/);
  });
  it("advise operators that are read, one advice for each operator", () => {
    const known = new Set([...opHomes.values()].flatMap(({ onnx }) => Object.keys(onnx)));
    for (const name of Object.keys(quantizationRules)) known.add(name);
    for (const { of, use, how } of rewrites) {
      for (const operator of use) expect(known.has(operator), `${operator}, for ${of[0]}`).toBe(true);
      for (const operator of of) expect(rewriteOf(operator)).toBe(how);
    }
  });
});

describe("targets", () => {
  const b = new ModelBuilder();
  const x = b.qdq(b.input(deep), q);
  const model = b.output(b.qdq(spread(b, x, "one"), q), b.qdq(spread(b, x, "two"), q));
  const { plan } = compile(model.bytes());
  it("every node that a back end refuses is named", () => {
    expect(targetProblems(plan, findTarget("verilog")).map(({ code, where }) => `${code} ${where}`)).toEqual([
      "QC2002 one",
      "QC2002 two",
    ]);
  });
  it("a target that takes the model has no problem", () => {
    expect(targetProblems(compile(smallNetwork().bytes()).plan, findTarget("cortex-m4"))).toEqual([]);
  });
  it("RAM and flash that do not suffice are both named", () => {
    const core = findTarget("cortex-m4");
    if (!isCore(core)) throw new Error("a core");
    const network = compile(smallNetwork().bytes());
    const problems = targetProblems(network.plan, { ...core, sramBytes: 10, flashBytes: 10 });
    expect(problems.map(({ code, message }) => `${code} ${/^the (arena|weights)/.exec(message)?.[1]}`)).toEqual([
      "QC4002 arena",
      "QC4002 weights",
    ]);
  });
});

describe("layers", () => {
  it("name, op, output, bits, costs and totals", () => {
    const compilation = compile(smallNetwork().bytes(), { name: "small" });
    const report = makeReport(compilation, solverFor(findTarget("host"), compilation.integerGraph));
    const lines = layersText(report).split("\n");
    expect(lines[4]).toMatch(/^layer +op +output +bits in\/weights\/out +MACs +weight bytes +activation bytes$/);
    expect(lines.find((line) => line.startsWith("depthwise"))).toMatch(
      /^depthwise +conv2d +1x4x4x4 +8\/8\/8 +576 +52 +64$/,
    );
    expect(lines.find((line) => line.startsWith("pool"))).toMatch(/^pool +max-pool2d +1x2x2x4 +8\/-\/8 +0 +0 +16$/);
    const activations = 128 + 256 + 64 + 16 + 5 + 5;
    expect(lines.at(-2)).toMatch(new RegExp(`^total +5264 +1264 +${activations}$`));
  });
});

describe("SARIF", () => {
  const problems = diagnosticsOf(() => compile(broken().bytes()));
  const notes: Diagnostic[] = [{ code: "QC3003", where: "pool", message: "exact is used" }];
  // biome-ignore lint/suspicious/noExplicitAny: a JSON value
  const log = sarifLog({ model: "my models/a:b#1.onnx", version: "1.2.3", problems, notes }) as any;
  const [run] = log.runs;
  it("is a log of version 2.1.0 with one run, whose driver lists the rules of all results", () => {
    expect(log).toMatchObject({ $schema: expect.stringMatching(/sarif.*2\.1\.0.*\.json$/), version: "2.1.0" });
    expect(log.runs).toHaveLength(1);
    expect(run.tool.driver).toMatchObject({ name: "qcompile", version: "1.2.3" });
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(["QC2001", "QC2002", "QC3003"]);
    for (const { shortDescription, help } of run.tool.driver.rules) {
      expect(shortDescription.text).toMatch(/\w/);
      expect(help.text).toMatch(/\w/);
    }
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
  });
  it("results say level, reason with hint, node and file", () => {
    expect(run.results.map(({ ruleId, level }: { ruleId: string; level: string }) => `${ruleId} ${level}`)).toEqual([
      "QC2001 error",
      "QC2001 error",
      "QC2002 error",
      "QC3003 warning",
    ]);
    expect(run.results[0].message.text).toBe(
      "unsupported operator: Sinh is not supported. Hint: use HardSigmoid + Mul, Tanh or Clip as the activation.",
    );
    const uri = "my%20models/a%3Ab%231.onnx";
    expect(run.artifacts).toEqual([{ location: { uri } }]);
    expect(run.results[0].locations).toEqual([
      {
        physicalLocation: { artifactLocation: { uri, index: 0 } },
        logicalLocations: [{ name: "first", fullyQualifiedName: "first" }],
      },
    ]);
  });
});

describe("the command", () => {
  const put = (name: string, model: ModelBuilder) => {
    writeFileSync(join(folder, name), model.bytes());
    return join(folder, name);
  };
  const check = (...args: string[]) => qcompile(["check", ...args]);
  it("SARIF to stdout, the same problems with hints to stderr, exit code 3", () => {
    const { status, stdout, stderr } = check(put("broken.onnx", broken()), "--sarif");
    expect(status).toBe(3);
    expect(JSON.parse(stdout).runs[0].results).toHaveLength(3);
    expect(stderr.split("\n")).toEqual([
      "QC2001 'first' unsupported operator: Sinh is not supported.",
      "  hint: use HardSigmoid + Mul, Tanh or Clip as the activation",
      "QC2001 'second' unsupported operator: DynamicQuantizeLinear is not supported.",
      "  hint: use static quantization (calibration): QuantizeLinear/DequantizeLinear with constant scales",
      expect.stringMatching(/^QC2002 'third' /),
      "  hint: change the attribute or input as the reason says",
      "",
    ]);
  });
  it("JSON of a model that its target refuses: the error with hints and its exit code", () => {
    const model = oneOp(deep, (b, x) => spread(b, x, "pad"), { input: q, output: q });
    const { status, stdout } = check(put("spread.onnx", model), "-t", "verilog", "--json");
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      error: {
        exit_code: 3,
        diagnostics: [expect.objectContaining({ code: "QC2002", where: "pad", hint: expect.any(String) })],
      },
    });
  });
  it("layers and notes of a model that is fine", () => {
    const model = oneOp([1, 2, 4, 4], (b, x) => b.node("AveragePool", [x], { kernel_shape: [2, 2] }, { name: "pool" }));
    const path = put("pool.onnx", model);
    const { status, stdout, stderr } = check(path, "-t", "verilog", "--numerics", "onnxruntime");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/\ntotal .*\nfits verilog\nnote: QC3003 'pool' .*\n {2}hint: .*\n$/);
  });
});
