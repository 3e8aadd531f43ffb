/** `qcompile plan`, and the options that choose a plan. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { findTarget, isCore } from "../../targets/index.js";
import { qcompile } from "../helpers/command.js";
import { rowNetwork } from "../plan/row-network.js";

const base = mkdtempSync(join(tmpdir(), "qc-plan-"));
afterAll(() => rmSync(base, { recursive: true }));
const model = join(base, "rows.onnx");
writeFileSync(model, rowNetwork().bytes());
const { integerGraph } = compile(rowNetwork().bytes(), { name: "rows" });

const cli = (...args: string[]) => qcompile(args, { cwd: base });

describe("qcompile plan", () => {
  it("shows the smallest plan and draws it", () => {
    const result = cli("plan", model, "--optimize", "memory", "--svg", "map.svg");
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(result.stdout).toMatch(/^arena \d+ bytes: .*\n\nstep +bytes up to +nodes\n/);
    expect(readFileSync(join(base, "map.svg"), "utf8")).toMatch(/^<svg .*\n[\s\S]*<\/svg>\n$/);
  }, 300_000);

  it("--pareto lists schedules as data", () => {
    const result = cli("plan", model, "--pareto", "--json");
    expect(result).toMatchObject({ status: 0, stderr: "" });
    const { schema, points } = JSON.parse(result.stdout);
    expect(schema).toBe(1);
    expect(points.length).toBeGreaterThan(3);
    expect(points[0]).toMatchObject({ added_instructions: 0, row_steps: [] });
  }, 300_000);

  it("--pareto with an external input lists strips, with what they compute again", () => {
    const result = cli("plan", model, "--pareto", "--external-input");
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(result.stdout).toMatch(/ [1-9]\d+ {2}\w+ to \w+ \(rows, \d+ strips\)\n/);
  }, 300_000);

  it("refuses values that are none", () => {
    expect(cli("plan", model, "--optimize", "beauty").stderr).toMatch(
      /QC6001 wrong usage: --optimize beauty is unknown; expected speed, size or memory/,
    );
    expect(cli("plan", model, "--stream-input", "bytes").stderr).toMatch(
      /QC6001 wrong usage: --stream-input bytes: expected rows/,
    );
    expect(cli("plan", model, "--external-input", "--max-recompute", "some").stderr).toMatch(
      /QC6001 wrong usage: --max-recompute some: expected a percentage/,
    );
  }, 300_000);
});

describe("qcompile compile", () => {
  const core = findTarget("cortex-m4");
  const small = makePlan(integerGraph, { optimize: "memory", core: isCore(core) ? core : undefined });

  it("takes the fastest plan that fits, and says what the smallest is where none does", () => {
    const fits = cli("compile", model, "-t", "cortex-m4", "-o", "fits", "--sram", `${small.arenaBytes}`);
    expect(fits).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(join(base, "fits", "memory.txt"), "utf8")).toContain(`arena ${small.arenaBytes} bytes`);
    const less = cli("compile", model, "-t", "cortex-m4", "-o", "less", "--sram", `${small.arenaBytes - 8}`);
    expect(less.status).toBe(4);
    expect(less.stderr).toContain(`The smallest arena takes ${small.arenaBytes} bytes, at about`);
  }, 300_000);

  it("--stream-input rows gives a project a function that takes rows", () => {
    const result = cli("compile", model, "-t", "cortex-m4", "-o", "stream", "--stream-input", "rows");
    expect(result).toMatchObject({ status: 0, stderr: "" });
    const header = readFileSync(join(base, "stream", "model.h"), "utf8");
    expect(header).toMatch(/#define MODEL_INPUT_ROWS 24u\n#define MODEL_INPUT_ROW_BYTES 60u/);
    expect(header).toContain("int model_push_row(model_context *context, const int8_t *row);");
    expect(header).not.toContain("model_run");
  }, 300_000);
});
