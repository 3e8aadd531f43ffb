/** The emitted projects are clean for every tool that reads them, and always the same bytes. */

import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packagePath } from "../../targets/package-root.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { designs as stages } from "./designs.js";
import { networks } from "./networks.js";
import { widthDesigns } from "./widths.js";

/** Of the widths, every third: narrow, around 8 bits, wide. */
const designs = [...stages, ...networks, ...widthDesigns.filter((_, index) => index % 3 === 0)];

describe("emitted projects", () => {
  let folder: string;
  const projects = designs.map((design, index) => emitVerilog(design.graph, { ...design, name: `d${index}` }));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "qc-tools-"));
    for (const project of projects) {
      for (const [path, text] of project) await writeFile(join(folder, path), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (command: string, args: string[]) => execa(command, args, { cwd: folder, all: true, reject: false });

  it("use every rtl module", () => {
    const used = new Set(projects.flatMap((project) => [...project.keys()]));
    expect(readdirSync(packagePath("hdl", "rtl")).filter((file) => !used.has(file))).toEqual([]);
  });

  it("are the same bytes every time", () => {
    const again = designs.map((design, index) => emitVerilog(design.graph, { ...design, name: `d${index}` }));
    expect(again.map((project) => [...project])).toEqual(projects.map((project) => [...project]));
  });

  it("are lint-clean in Verilator", async () => {
    for (const index of designs.keys()) {
      const lint = await run("verilator", [
        "--lint-only",
        "-Wall",
        "-DQC_TRACE",
        "--top-module",
        `d${index}`,
        "-f",
        `d${index}.f`,
      ]);
      expect(lint.all, designs[index]!.title).toBe("");
      expect(lint.exitCode).toBe(0);
    }
  }, 300_000);

  it("are accepted by Icarus Verilog as Verilog-2005", async () => {
    for (const index of designs.keys()) {
      const result = await run("iverilog", [
        "-g2005",
        "-Wall",
        "-Wno-timescale",
        "-s",
        `d${index}`,
        "-o",
        "out.vvp",
        "-f",
        `d${index}.f`,
      ]);
      expect(result.all, designs[index]!.title).toBe("");
    }
  }, 300_000);

  // All memories, every requantization form, a join; Xilinx mapping takes several times as long.
  const synthesised: readonly (readonly [string, readonly string[]])[] = [
    ["conv along one row", ["xilinx"]],
    ["sign form", ["ice40"]],
    ["parity form", ["ice40"]],
    ["threshold form, uint8", ["ice40"]],
    ["softmax, half even", ["ice40"]],
    ["add of a table to its input, tables", ["ice40", "xilinx"]],
    ["two inputs joined in both orders", ["ice40"]],
  ];
  for (const [title, families] of synthesised) {
    it.each(families)(
      `yosys maps ${title} to %s`,
      async (family) => {
        const index = designs.findIndex((design) => design.title === title);
        await writeFile(join(folder, "script.ys"), projects[index]!.get(`synth_${family}.ys`)!);
        const result = await run("yosys", ["-q", "script.ys"]);
        // yosys 0.23 says this of its own block memory cells.
        const messages = result.all.split("\n").filter((line) => !line.startsWith("Warning: Resizing cell port"));
        expect(messages.join("\n")).toBe("");
        expect(result.exitCode).toBe(0);
      },
      120_000,
    );
  }
});
