/** The generated C project as a whole: files, names, interface. */
import { describe, expect, it } from "vitest";
import { int8, uint8 } from "../../compiler/ir/index.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { warningFlags } from "../../compiler/verify/engines/host-c.js";
import { emitC } from "../../targets/c/emit.js";
import { addTable } from "../runtime-c/elementwise-graphs.js";
import { addDense, GraphBuilder } from "../runtime-c/graphs.js";
import { oddNetwork } from "../runtime-c/network.js";
import { Random } from "../runtime-c/random.js";
import { core, inFolder, tool, writeFiles } from "../runtime-c/run.js";

const host = core("host");

function dense() {
  const random = new Random(5);
  const builder = new GraphBuilder();
  const input = builder.input([1, 6], int8);
  builder.outputs.push(addDense(builder, random, input, 3, { outputType: uint8, rounding: "plain" }));
  return builder.graph();
}

describe("emitC", () => {
  it("gives the same bytes for the same plan", () => {
    expect([...emitC(makePlan(oddNetwork()), host)]).toEqual([...emitC(makePlan(oddNetwork()), host)]);
  });

  it("ships the runtime headers in use and no others", () => {
    const headers = (target: string) =>
      [...emitC(makePlan(dense()), core(target)).keys()].filter((file) => file.startsWith("qc_"));
    expect(headers("host")).not.toContain("qc_softmax.h");
    expect(headers("host")).not.toContain("qc_dense_pairs.h");
    expect(headers("cortex-m4")).toContain("qc_dense_pairs.h");
    for (const [file, text] of emitC(makePlan(dense()), host)) {
      for (const [, header] of text.matchAll(/#include "(.*)"/g))
        expect(emitC(makePlan(dense()), host).has(header!), `${header} in ${file}`).toBe(true);
    }
  });

  it("prefixes files and names", async () => {
    const files = emitC(makePlan(dense()), host, { name: "wake-word" });
    expect([...files.keys()]).toEqual(expect.arrayContaining(["wake_word.h", "wake_word.c", "wake_word_weights.c"]));
    await inFolder((folder) => {
      writeFiles(folder, files);
      tool(folder, "gcc", [
        ...warningFlags,
        "-I.",
        "wake_word.c",
        "wake_word_weights.c",
        "-x",
        "c",
        "main.c",
        "-o",
        "program",
      ]);
      const symbols = tool(folder, "nm", ["-g", "--defined-only", "program"]).toString();
      expect(symbols.match(/ wake_word_\w+/g)!.length).toBeGreaterThan(4);
    });
  });

  it("builds with its own Makefile", async () => {
    await inFolder((folder) => {
      writeFiles(folder, emitC(makePlan(dense()), host));
      tool(folder, "make", ["example"]);
      expect(tool(folder, "./example", [], new Uint8Array(12)).length).toBe(6);
    });
  });

  it("stands hostile names", async () => {
    const random = new Random(6);
    const builder = new GraphBuilder();
    const input = builder.input([1, 4], int8);
    const output = addTable(builder, random, addTable(builder, random, input, int8), int8);
    const names = ["*/ int main(void) { return 1; } /*", "a\nb\\"];
    const nodes = builder.nodes.map((node, i) => ({ ...node, name: names[i]! }));
    const graph = { ...builder.graph(), name: "x */ #error\n#error", nodes, outputs: [output] };
    await inFolder((folder) => {
      writeFiles(folder, emitC(makePlan(graph), host, { name: "while" }));
      tool(folder, "gcc", [...warningFlags, "-c", "while_.c", "while__weights.c"]);
    });
  });

  it("has an interface that C++ takes, that checks the arena and types inputs and outputs", async () => {
    const program = `#include "model.h"
      alignas(8) static uint8_t arena[MODEL_ARENA_BYTES + 8];
      int main() {
        model_context context;
        if (model_init(&context, arena, MODEL_ARENA_BYTES - 1) != -1) return 1;
        if (model_init(&context, arena + 1, MODEL_ARENA_BYTES) != -2) return 2;
        if (model_init(&context, nullptr, MODEL_ARENA_BYTES) != -2) return 3;
        if (model_init(&context, arena, MODEL_ARENA_BYTES) != 0) return 4;
        int8_t *input = model_input(&context);
        const uint8_t *output = model_output(&context);
        static_assert(MODEL_INPUT_BYTES == 6 && MODEL_OUTPUT_BYTES == 3 && MODEL_ARENA_ALIGNMENT == 8, "sizes");
        if ((uint8_t *)input < arena || output + 3 > arena + MODEL_ARENA_BYTES) return 5;
        model_run(&context);
        return 0;
      }`;
    await inFolder((folder) => {
      writeFiles(folder, new Map([...emitC(makePlan(dense()), host), ["program.cpp", program]]));
      tool(folder, "gcc", ["-std=c99", "-c", "model.c", "model_weights.c"]);
      tool(folder, "g++", [
        "-Wall",
        "-Wextra",
        "-Werror",
        "program.cpp",
        "model.o",
        "model_weights.o",
        "-o",
        "program",
      ]);
      tool(folder, "./program", []);
    });
  });

  it("refuses codes wider than a byte where an operation has no kernel for them", () => {
    const refused = (from: number, to: number) => {
      const builder = new GraphBuilder();
      const input = builder.input([1, 4], { bits: from, signed: true });
      const attributes = {
        kind: "even",
        exponentials: new Uint32Array(256),
        levels: 256,
        levelsShift: 0,
        outputZeroPoint: 0,
      };
      builder.outputs.push(builder.node("softmax", [input], attributes, [1, 4], { bits: to, signed: true }));
      return () => emitC(makePlan(builder.graph()), host);
    };
    expect(refused(16, 8)).toThrow(/QC2002 'softmax 0'.*'t0' has 16-bit codes.*at most 8/);
    expect(refused(8, 9)).toThrow(/QC2002 'softmax 0'.*9-bit codes.*at most 8/);
  });
});
