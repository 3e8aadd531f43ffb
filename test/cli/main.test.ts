/** The command line as a user meets it: exit codes, streams, JSON shapes, reproducible folders. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { int8 } from "../../compiler/ir/types.js";
import { readNpy, writeNpy } from "../../compiler/verify/npy.js";
import { packagePath } from "../../targets/package-root.js";
import { qcompile } from "../helpers/command.js";
import { oneOp, smallNetwork } from "../helpers/onnx.js";

const base = mkdtempSync(join(tmpdir(), "qc-cli-"));
afterAll(() => rmSync(base, { recursive: true }));

const place = (name: string) => join(base, name);
const put = (name: string, bytes: Uint8Array) => {
  writeFileSync(place(name), bytes);
  return place(name);
};
const model = put("small.onnx", smallNetwork().bytes());
const bad = put("bad.onnx", oneOp([1, 4], (b, x) => b.node("Sinh", [b.node("Cosh", [x])])).bytes());
const { integerGraph } = compile(readFileSync(model));
const zeros = put("zeros.bin", new Uint8Array(128));
const answer = outputsOf(integerGraph, [new Int32Array(128)])[0]!;

const cli = (args: readonly string[], options: { env?: Record<string, string>; cwd?: string } = {}) =>
  qcompile(args, { cwd: base, ...options });

/** Keys of a JSON value, nested; arrays by their first element. */
function keys(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [keys(value[0])] : [];
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keys(inner)]));
}

/** All files of a folder by relative name. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "base64")]),
  );
}

const report = {
  schema: "number",
  model: "string",
  numerics: "string",
  macs: "number",
  recomputed_macs: "number",
  weight_bytes: "number",
  activation_bytes: "number",
  arena_bytes: "number",
  arena_lower_bound: "number",
  added_instructions: "number",
  input: { shape: ["number"], type: "string" },
  output: { shape: ["number"], type: "string" },
  layers: [
    {
      name: "string",
      op: "string",
      shape: ["number"],
      type: "string",
      inputs: ["string"],
      weights: "null",
      macs: "number",
      weight_bytes: "number",
      activation_bytes: "number",
      certificate: "null",
    },
  ],
  notes: [],
};

describe("help and version", () => {
  it("--help lists every command and the exit codes on stdout", () => {
    const { status, stdout, stderr } = cli(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const command of ["check", "compile", "run", "verify", "bench", "targets"])
      expect(stdout).toContain(`\n  ${command} `);
    expect(stdout).toContain(
      "Exit codes: 0 ok, 1 outputs differ, 2 wrong usage or a missing tool, 3 unsupported or invalid model, 4 does not fit",
    );
  });
  it("--version prints the package's", () => {
    const { version } = JSON.parse(readFileSync(packagePath("package.json"), "utf8"));
    expect(cli(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("exit codes; errors go to stderr alone", () => {
  const failures: [string, string[], number, RegExp][] = [
    ["an unknown command", ["compil"], 2, /unknown command 'compil'/],
    ["an unknown option", ["check", model, "--fast"], 2, /unknown option '--fast'/],
    ["a missing argument", ["check"], 2, /missing required argument 'model'/],
    ["a missing file", ["check", place("ghost.onnx")], 2, /^QC6002 .*ENOENT/],
    ["unknown numerics", ["check", model, "--numerics", "fast"], 2, /^QC6001 .*exact, onnxruntime, tflite/],
    [
      "an unknown stage",
      ["check", model, "--print-after", "dinner"],
      2,
      /^QC6001 .*import, .*fold-transposes, .*lower, .*plan\./,
    ],
    ["an unknown target", ["check", model, "-t", "z80"], 2, /^QC4001 .*cortex-m4/],
    ["inputs of another size", ["run", model, "-i", bad], 2, /^QC6003 .*multiple of 128/],
    [
      "expected outputs of another size",
      ["verify", model, "-i", zeros, "-e", zeros],
      2,
      /^QC6003 .*128 bytes, expected 5/,
    ],
    ["a count of nothing", ["verify", model, "-n", "0"], 2, /^QC6001/],
    ["no model", ["check", zeros], 3, /^QC1001/],
    ["unsupported nodes, all of them", ["check", bad], 3, /^QC2001 'cosh_2'.*Cosh is not supported\.\n {2}hint: .*\n$/],
  ];
  it.each(failures)("%s", (_, args, status, message) => {
    const result = cli(args);
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n {4}at |node:internal/);
  });

  it("a compile that fails leaves no folder behind: unsupported, does not fit, wrong size", () => {
    expect(cli(["compile", bad, "-t", "verilog", "-o", place("none")]).status).toBe(3);
    const small = cli(["compile", model, "-t", "cortex-m4", "-o", place("none"), "--sram", "100"]);
    expect(small).toMatchObject({ status: 4, stdout: "" });
    expect(small.stderr).toMatch(
      /^QC4002 '\w+' does not fit: the arena takes \d+ bytes, \d+ more than the 100 available; alive together at the peak: '[^']+' \d+ bytes/,
    );
    expect(cli(["compile", model, "-t", "cortex-m4", "-o", place("none"), "--flash", "1K"]).status).toBe(4);
    expect(cli(["compile", model, "-t", "cortex-m4", "-o", place("none"), "--sram", "lots"]).status).toBe(2);
    expect(cli(["compile", model, "-t", "verilog", "-o", place("none"), "--name", "qc_model"]).status).toBe(2);
    expect(readdirSync(base).filter((name) => name.includes("none"))).toEqual([]);
  });

  it("outputs that differ from recorded ones: 1, with the first difference", () => {
    const wrong = Uint8Array.from(answer, (code) => code & 255);
    const right = put("right.bin", wrong);
    expect(cli(["verify", model, "-i", zeros, "-e", right])).toMatchObject({ status: 0, stderr: "" });
    wrong[3]! ^= 1;
    const { status, stdout } = cli(["verify", model, "-i", zeros, "-e", put("wrong.bin", wrong)]);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /wrong\.bin: DIFFERS in 1 of 5 bytes: input 0, first differing tensor '.*' at index 3: interpreter -?\d+, file -?\d+/,
    );
  });
});

describe("JSON", () => {
  const json = (args: string[]) => {
    const { status, stdout, stderr } = cli([...args, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return JSON.parse(stdout);
  };
  it("check", () => {
    expect(keys(json(["check", model]))).toEqual({ ...report, target: "null", diagnostics: [] });
  });
  it("check: a layer with a certificate", () => {
    expect(keys(json(["check", model]).layers.find(({ op }: { op: string }) => op === "conv2d").certificate)).toEqual({
      form: "string",
      shift: "number",
      channels: "number",
      constant_channels: "number",
      thresholds: "number",
      smallest_margin: "string",
    });
  });
  it("compile", () => {
    expect(keys(json(["compile", model, "-t", "verilog", "-o", place("json")]))).toEqual({
      ...report,
      target: "string",
      output: "string",
    });
    expect(keys(JSON.parse(readFileSync(place("json/report.json"), "utf8")))).toEqual({ ...report, target: "string" });
  });
  it("run", () => {
    const result = json(["run", model, "-i", zeros]);
    expect(keys(result)).toEqual({
      schema: "number",
      model: "string",
      numerics: "string",
      shape: ["number"],
      outputs: [["number"]],
    });
    expect(result.outputs).toEqual([Array.from(answer)]);
  });
  it("verify", () => {
    expect(keys(json(["verify", model, "-i", zeros]))).toMatchObject({
      schema: "number",
      model: "string",
      numerics: "string",
      inputs: "number",
      expect: "null",
      targets: [{ target: "string", engine: "string", equal: "boolean", bytes: "number", first_difference: "null" }],
    });
  });
  it("targets", () => {
    const { targets, schema } = json(["targets"]);
    expect(schema).toBe(1);
    expect(targets.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(["cortex-m4", "host", "rv32imc", "verilog"]),
    );
  });
});

describe("run", () => {
  it("prints codes, one inference a line, or writes them as .npy or raw bytes", () => {
    const line = Array.from(answer).join(" ");
    expect(cli(["run", model, "-i", put("two.bin", new Uint8Array(256))]).stdout).toBe(`${line}\n${line}\n`);
    expect(
      cli(["run", model, "-i", put("in.npy", writeNpy(new Int8Array(128), [1, 2, 8, 8], int8)), "-o", place("out.npy")])
        .status,
    ).toBe(0);
    expect(readNpy(readFileSync(place("out.npy")), "out.npy")).toMatchObject({
      shape: [1, 5],
      type: "i1",
      values: Float64Array.from(answer),
    });
    expect(cli(["run", model, "-i", zeros, "-o", place("out.bin")]).status).toBe(0);
    expect(new Int8Array(readFileSync(place("out.bin")))).toEqual(Int8Array.from(answer));
  });
});

describe("print-after", () => {
  it.each([
    ["import", /^graph small\n/],
    ["fold-transposes", /^graph small\n/],
    ["remove-dead-nodes", /^graph small\n/],
    ["lower", /^integer graph small numerics=exact\n/],
    ["plan", /^plan small arena=\d+ bound=\d+\n/],
  ])("%s, on stderr", (stage, text) => {
    const { status, stderr } = cli(["check", model, "--print-after", stage]);
    expect(status).toBe(0);
    expect(stderr).toMatch(text);
  });
});

describe("generated folders are reproducible", () => {
  it.each(["verilog", "cortex-m4"])("%s: same bytes from another directory, locale and time zone", (target) => {
    const elsewhere = place(`elsewhere-${target}`);
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "small.onnx"), readFileSync(model));
    expect(cli(["compile", model, "-t", target, "-o", place(`a-${target}`)]).status).toBe(0);
    const env = { LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8", TZ: "Pacific/Kiritimati" };
    expect(cli(["compile", "small.onnx", "-t", target, "-o", "b"], { cwd: elsewhere, env }).status).toBe(0);
    const [a, b] = [contents(place(`a-${target}`)), contents(join(elsewhere, "b"))];
    expect(Object.keys(a).length).toBeGreaterThan(5);
    expect(b).toEqual(a);
    // Again into the same folder: our own unchanged output is replaced.
    expect(cli(["compile", "small.onnx", "-t", target, "-o", "b"], { cwd: elsewhere }).status).toBe(0);
    expect(contents(join(elsewhere, "b"))).toEqual(a);
    for (const text of Object.values(a)) expect(Buffer.from(text, "base64").toString("latin1")).not.toContain(base);
  });

  it("refuses a folder that holds a user's file, keeps it with --force", () => {
    mkdirSync(place("mine"));
    writeFileSync(place("mine/notes.txt"), "mine");
    const refused = cli(["compile", model, "-t", "verilog", "-o", place("mine")]);
    expect(refused).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/^QC6002 .*--force/) });
    expect(readdirSync(place("mine"))).toEqual(["notes.txt"]);
    expect(cli(["compile", model, "-t", "verilog", "-o", place("mine"), "--force"]).status).toBe(0);
    expect(readFileSync(place("mine/notes.txt"), "utf8")).toBe("mine");
    expect(existsSync(place("mine/model.v"))).toBe(true);
  });
});
