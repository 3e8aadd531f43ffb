/** Every construct of the subset, in C and Verilog, against the same text run as TypeScript. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { parseScalarSource } from "../../scripts/generate/parse.js";
import { printC } from "../../scripts/generate/print-c.js";
import { printVerilog } from "../../scripts/generate/print-verilog.js";
import { benchC, benchVerilog, type Case, inputC, moduleVerilog, outputC, wordsVerilog } from "./scalar-bench.js";
import { vectorsFor } from "./scalar-vectors.js";

const source = `
type Small = Between<-3n, 200n>;
/** Mixed signs and widths. */
export function mixed(a: i9, b: u7, c: Small): i32 {
  return a * b - (b - c) * 3n + (a & b) - (a | b) + (a ^ c) - (c & 1n) + (a & -4n);
}
/** Unsigned, 64 bits wide. */
export function wide(a: u63, b: u64, n: u6): i64 {
  const sum = a + (b >> 1n);
  return (sum / 1000n) + ((sum ^ b) >> 40n) - ((b & a) / 7n) + ((b >> 2n) >> n);
}
/** Shifts by more than the operand is wide. */
export function far(a: i9, n: u6): i9 {
  return a >> n;
}
/** Literals at the ends of the types. */
export function ends(x: i64, y: i32): u1 {
  const far = x <= -9223372036854775808n || x === 9223372036854775807n ? 1n : 0n;
  return y !== -2147483648n && (y < -2147483647n + 5n || far === 1n) ? 1n : far;
}
/** Nested control flow. */
export function flow(x: i32, n: u5): i32 {
  let best: i32 = x;
  let count: u9 = 0n;
  for (let i = 2n; i < 7n; i++) {
    const step: i32 = best >> (i - 1n);
    if (step > n && step !== i) {
      best = step - i;
      for (let j = 0n; j < 3n; j++) count = count | (n << j);
    } else if (step <= -5n) {
      best = best < x ? x : step + 7n;
    } else {
      count = (count ^ i) & 127n;
    }
  }
  return best >= 0n ? best - count : best + count;
}
/** A wide result from narrow calls. */
export function calls(a: i9, b: u7, n: u5): i64 {
  const first = mixed(a, b, -3n);
  return range(flow(first, n) * mixed(a, 1n, 200n), -1000000000000n, 1000000000000n) === 0n ? 5n : flow(-7n, n) * 4294967296n;
}
`;

const functions = parseScalarSource("sample.ts", source);
const script = ts.transpileModule(`${source}\nfunction range(x: bigint) { return x; }`, {
  compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
}).outputText;
const evaluate: Record<string, (...values: bigint[]) => bigint> = {};
new Function("exports", script)(evaluate);

const cases: Case[] = functions.map((scalar) => {
  const vectors = vectorsFor(scalar, 1500, 5);
  return { scalar, vectors, results: vectors.map((values) => evaluate[scalar.name]!(...values)) };
});

const folder = mkdtempSync(join(tmpdir(), "qc-generate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const run = (tool: string, ...values: string[]) => execFileSync(tool, values, { cwd: folder, encoding: "utf8" });
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe("the printers", () => {
  it("C equals TypeScript", () => {
    put("sample.h", printC(functions, "sample.ts"));
    // uint64 arguments reach the program as int64: only their bits matter.
    put("bench.c", benchC(cases, "sample.h"));
    run(
      "gcc",
      "-std=c99",
      "-O1",
      "-Wall",
      "-Wextra",
      "-Wconversion",
      "-Wsign-conversion",
      "-Werror",
      "-fsanitize=undefined",
      "-fno-sanitize-recover=all",
      "bench.c",
      "-o",
      "bench",
    );
    const output = outputC(execFileSync(join(folder, "bench"), { input: inputC(cases) }));
    expect(output).toEqual(cases.flatMap(({ results }) => results));
  });

  it("Verilog equals TypeScript", () => {
    put("sample.vh", printVerilog(functions, "sample.ts"));
    put("scalar_all.v", moduleVerilog(functions, "sample.vh"));
    put("bench.v", benchVerilog(cases));
    for (const one of cases) put(`${one.scalar.name}.hex`, wordsVerilog(one));
    expect(run("verilator", "--lint-only", "-Wall", "scalar_all.v")).toBe("");
    run("iverilog", "-g2005", "-o", "bench.vvp", "bench.v", "scalar_all.v");
    expect(run("vvp", "-N", "bench.vvp")).toBe(`checked ${cases.length * 1500}\n`);
  });
});
