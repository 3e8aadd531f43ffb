/** `qcompile bench`: what one inference costs on a target, in repeatable units. */
import type { Command } from "commander";
import { isCore } from "../../targets/index.js";
import { solverFor } from "../../targets/solver.js";
import { exitCode } from "../diagnostics.js";
import { outputsOf } from "../interpreter/interpreter.js";
import { makeReport } from "../report/report.js";
import { seededSets } from "../verify/vectors.js";
import { verifyTarget } from "../verify/verify.js";
import { benchLayers, layersTable } from "./bench-layers.js";
import { type MemoryOptions, planOptions, targetFor, withMemoryOptions, withWeights } from "./memory-options.js";
import { compileFile, type ModelOptions, printJson, withModelOptions } from "./options.js";
import { makeProgress } from "./progress.js";

/** One row of figures; null where a target has no such figure. */
export interface BenchRow {
  readonly model: string;
  readonly target: string;
  readonly numerics: string;
  /** As --optimize says. */
  readonly optimize: string;
  readonly instructions: number | null;
  /** True when every input took as many: a bound for all inputs then. */
  readonly constant_time: boolean | null;
  /** Zero-wait cycles of one inference, estimated; see EngineResult. */
  readonly estimated_cycles: number | null;
  /** Simulated clock cycles of one inference, and between inferences that follow each other. */
  readonly cycles: { readonly latency: number; readonly interval: number } | null;
  readonly macs: number;
  readonly arena_bytes: number | null;
  /** Touched by the model, as painted; and the most it may touch by the compiler's frames, its library's functions aside. */
  readonly stack_bytes: number | null;
  readonly stack_bound_bytes: number | null;
  readonly code_bytes: number | null;
  readonly weight_bytes: number;
  readonly bit_exact: boolean;
}

/** Measures one model on one target; two inferences, both compared with the interpreter. */
export async function bench(
  model: string,
  targetName: string,
  options: ModelOptions & MemoryOptions,
): Promise<BenchRow> {
  const target = targetFor(targetName, options);
  const compilation = withWeights(compileFile(model, options, planOptions(options, target)), options, target);
  const { integerGraph, plan } = compilation;
  const vectors = seededSets(integerGraph.inputs, 2, 0x12345678);
  const expected = vectors.map((vector) => outputsOf(integerGraph, vector));
  const { equal, measured } = await verifyTarget(compilation, target, vectors, expected, { seed: 1 });
  const report = makeReport(compilation, solverFor(target, compilation.integerGraph));
  return {
    model: integerGraph.name,
    target: target.name,
    numerics: integerGraph.numerics,
    optimize: options.optimize ?? "speed",
    instructions: measured.instructions,
    constant_time: measured.instructionRange && measured.instructionRange.lo === measured.instructionRange.hi,
    estimated_cycles: measured.estimatedCycles ?? null,
    cycles: measured.cycles ?? null,
    macs: report.macs,
    arena_bytes: isCore(target) ? plan.arenaBytes : null,
    stack_bytes: measured.stackBytes,
    stack_bound_bytes: measured.stackBound?.bytes ?? null,
    code_bytes: measured.codeBytes,
    weight_bytes: measured.weightBytes ?? report.weight_bytes,
    bit_exact: equal,
  };
}

/** Adds `bench` to the program. */
export function addBench(program: Command): void {
  withMemoryOptions(
    withModelOptions(
      program
        .command("bench")
        .description("count instructions (QEMU) or cycles (simulation), and bytes of RAM and flash")
        .argument("<model>", "ONNX or .tflite file")
        .option("-t, --target <name>", "target", "cortex-m4")
        .option("--layers", "count each layer"),
    ),
  ).action(async (model: string, options: ModelOptions & MemoryOptions & { target: string; layers?: boolean }) => {
    const progress = makeProgress();
    progress.step(`${options.target}: building and running`);
    if (options.layers) {
      const result = await benchLayers(model, options.target, options);
      progress.done();
      if (options.json) printJson(result);
      else process.stdout.write(layersTable(result.layers));
      if (!result.bit_exact) process.exitCode = exitCode.mismatch;
      return;
    }
    const row = await bench(model, options.target, options);
    progress.done();
    if (options.json) printJson(row);
    else
      for (const [key, value] of Object.entries(row))
        process.stdout.write(
          `${key.padEnd(18)} ${typeof value === "object" && value !== null ? JSON.stringify(value) : value}\n`,
        );
    if (!row.bit_exact) process.exitCode = exitCode.mismatch;
  });
}
