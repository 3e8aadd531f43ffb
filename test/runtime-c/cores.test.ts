/** Generated C on every core: it compiles without a word, calls nothing forbidden, and computes the interpreter's bytes. */
import { describe, expect, it } from "vitest";
import { interpret, outputsOf } from "../../compiler/interpreter/interpreter.js";
import { elementCount } from "../../compiler/ir/index.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { warningFlags } from "../../compiler/verify/engines/host-c.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { emitC } from "../../targets/c/emit.js";
import { isCore, loadTargets } from "../../targets/index.js";
import { oddNetwork } from "./network.js";
import { Random } from "./random.js";
import { bytesOf, inFolder, inputSets, tool, writeFiles } from "./run.js";

const cores = loadTargets().filter(isCore);
const graph = oddNetwork();
const plan = makePlan(graph);

/** Compiler support that integer code may need on cores without long multiplication or division. */
const allowed =
  /^(memcpy|memset|__aeabi_(memcpy|memset|l|ul|i|ui|ll|ls)\w*|__(u|)(mul|div|mod|ash|lsh)\w*|_GLOBAL_OFFSET_TABLE_)$/;
/** Conversions and arithmetic of floats have these in their names. */
const float = /float|double|fix|[sd]f[23]$|__aeabi_[df](?!iv)/;

describe.each(cores.map((target) => ({ name: target.name, target })))("$name", ({ target }) => {
  const files = emitC(plan, target);

  it.each(["-O2", "-O3", "-Os", "-O2 -fno-omit-frame-pointer"])(
    "compiles clean at %s and calls nothing but integer support",
    async (optimisation) => {
      await inFolder((folder) => {
        writeFiles(folder, files);
        // A C library comes with Arm's compiler only; string.h is all that is needed of one.
        const library =
          target.family === "riscv"
            ? ["-I", new URL("../../runtime-c/emulation/freestanding", import.meta.url).pathname]
            : [];
        tool(folder, target.compiler, [
          ...target.flags,
          ...warningFlags,
          ...optimisation.split(" "),
          ...library,
          "-c",
          "model.c",
          "model_weights.c",
        ]);
        const symbols = tool(folder, target.compiler.replace(/gcc$/, "nm"), ["-u", "model.o"]).toString();
        const called = [...symbols.matchAll(/U (\w+)/g)].map(([, symbol]) => symbol!);
        const constants = called.filter((symbol) => !symbol.startsWith("model_"));
        expect(constants.filter((symbol) => !allowed.test(symbol) || float.test(symbol))).toEqual([]);
      });
    },
  );

  it.runIf(target.emulator)("computes the interpreter's bytes in QEMU", async () => {
    const inputs = inputSets(graph, new Random(3), 5);
    const { outputs, instructionRange, stackBytes, stackBound } = await inFolder((workDir) =>
      qemu(target).run({
        files,
        inputs: inputs.map(bytesOf),
        outputBytes: elementCount(graph.outputs[0]!.shape),
        workDir,
      }),
    );
    expect(outputs.map((bytes) => Buffer.from(bytes))).toEqual(inputs.map((set) => bytesOf(outputsOf(graph, set))));
    // No code steers the flow: what one input takes bounds all.
    expect(instructionRange!.lo).toBe(instructionRange!.hi);
    expect(stackBound!.unknown).toEqual([]);
    expect(stackBytes).toBeLessThanOrEqual(stackBound!.bytes);
    expect(stackBound!.bytes).toBeLessThanOrEqual(1024);
  });
});

describe("the trace hook", () => {
  it("shows the bytes of every tensor on a core with packed multiplies", async () => {
    const target = cores.find(({ name }) => name === "cortex-m4")!;
    const [input] = inputSets(graph, new Random(4), 3).slice(2);
    const { trace } = await inFolder((workDir) =>
      qemu(target).run({ files: emitC(plan, target), inputs: [bytesOf(input!)], outputBytes: 7, workDir, trace: true }),
    );
    const values = interpret(graph, input!);
    expect(trace![0]!.map(({ tensor }) => tensor)).toEqual(graph.nodes.map(({ output }) => output.id));
    for (const { tensor, bytes } of trace![0]!)
      expect(Buffer.from(bytes), `tensor ${tensor}`).toEqual(bytesOf([values.get(tensor)!]));
  });
});
