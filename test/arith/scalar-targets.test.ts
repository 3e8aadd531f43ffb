/** The generated C and Verilog against the TypeScript they are generated from, on the same vectors. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import * as scalar from "../../compiler/arith/scalar.js";
import { benchC, benchVerilog, type Case, inputC, moduleVerilog, outputC, wordsVerilog } from "./scalar-bench.js";
import { scalarFunctions, vectorsFor } from "./scalar-vectors.js";

const evaluate = scalar as unknown as Record<string, (...values: bigint[]) => bigint>;
const includeC = fileURLToPath(new URL("../../runtime-c/include", import.meta.url));
const includeVerilog = fileURLToPath(new URL("../../hdl/include", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "qc-scalar-"));
afterAll(() => rmSync(folder, { recursive: true }));

const cases = (count: number): Case[] =>
  scalarFunctions.map((scalarFunction) => {
    const vectors = vectorsFor(scalarFunction, count, 2);
    return {
      scalar: scalarFunction,
      vectors,
      results: vectors.map((values) => evaluate[scalarFunction.name]!(...values)),
    };
  });

const run = (tool: string, ...values: string[]) => execFileSync(tool, values, { cwd: folder, encoding: "utf8" });
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe("generated C", () => {
  const strict = [
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wvla",
    "-Werror",
    `-I${includeC}`,
  ];

  it("equals TypeScript under the undefined behaviour sanitizer", { timeout: 300_000 }, () => {
    const all = cases(4000);
    put("bench.c", benchC(all, "qc_scalar.h"));
    run("gcc", ...strict, "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all", "bench.c", "-o", "bench");
    const output = outputC(execFileSync(join(folder, "bench"), { input: inputC(all), maxBuffer: 1 << 28 }));
    expect(output.length).toBe(all.length * 4000);
    for (const [
      index,
      {
        scalar: { name },
        vectors,
        results,
      },
    ] of all.entries()) {
      for (const [row, want] of results.entries()) {
        expect(output[index * 4000 + row], `${name}(${vectors[row]})`).toBe(want);
      }
    }
  });

  it("compiles plain requantization to SMLAL and one shift on Cortex-M4", () => {
    put(
      "m4.c",
      `#include "qc_scalar.h"
int32_t plain(int32_t acc, int32_t m, int64_t b); int32_t plain(int32_t acc, int32_t m, int64_t b) { return qc_requant_plain(acc, m, b, 34); }
`,
    );
    run("arm-none-eabi-gcc", ...strict, "-O2", "-mcpu=cortex-m4", "-mthumb", "-S", "m4.c", "-o", "m4.s");
    const code = execFileSync("grep", ["-P", "^\\t[a-z]", join(folder, "m4.s")], { encoding: "utf8" });
    expect(
      code
        .split("\n")
        .map((line) => line.trim().split("\t")[0])
        .filter((word) => word),
    ).toEqual(["smlal", "asrs", "bx"]);
  });

  it("compiles without warnings for RV32", () => {
    put("rv.c", `#include "qc_scalar.h"\n`);
    run(
      "riscv64-unknown-elf-gcc",
      ...strict,
      "-O2",
      "-march=rv32imc",
      "-mabi=ilp32",
      "-ffreestanding",
      "-c",
      "rv.c",
      "-o",
      "rv.o",
    );
  });
});

describe("generated Verilog", () => {
  put("scalar_all.v", moduleVerilog(scalarFunctions, "qc_scalar.vh"));

  it("passes verilator --lint-only -Wall", () => {
    expect(run("verilator", "--lint-only", "-Wall", `-I${includeVerilog}`, "scalar_all.v")).toBe("");
  });

  const simulate = (design: string, count: number) => {
    const all = cases(count);
    for (const one of all) put(`${one.scalar.name}.hex`, wordsVerilog(one));
    put("bench.v", benchVerilog(all));
    run("iverilog", "-g2005", "-I", includeVerilog, "-o", "bench.vvp", "bench.v", design);
    return { output: run("vvp", "-N", "bench.vvp"), want: `checked ${all.length * count}\n` };
  };

  it("equals TypeScript in Icarus", { timeout: 120_000 }, () => {
    const { output, want } = simulate("scalar_all.v", 3000);
    expect(output).toBe(want);
  });

  it("equals TypeScript after Yosys has elaborated and narrowed it", { timeout: 120_000 }, () => {
    const passes =
      "hierarchy -check -top scalar_all; proc; flatten; opt -full; wreduce; peepopt; opt -full; check -assert";
    run(
      "yosys",
      "-q",
      "-p",
      `verilog_defaults -add -I${includeVerilog}; read_verilog scalar_all.v; ${passes}; write_verilog -noattr netlist.v`,
    );
    const { output, want } = simulate("netlist.v", 500);
    expect(output).toBe(want);
  });
});
