/** `qcompile check`: every problem of a model at once, each with the nearest thing that works, or its layers. */
import type { Command } from "commander";
import { targetProblems } from "../../targets/check-target.js";
import { findTarget } from "../../targets/index.js";
import { solverFor } from "../../targets/solver.js";
import type { Compilation } from "../compile.js";
import { type Diagnostic, exitCode, fail, formatDiagnostic, QcError } from "../diagnostics.js";
import { hintOf } from "../hints.js";
import { layersText } from "../report/layers-text.js";
import { makeReport } from "../report/report.js";
import { sarifLog } from "../report/sarif.js";
import { type MemoryOptions, planOptions, withMemoryOptions, withWeights } from "./memory-options.js";
import { compileFile, type ModelOptions, packageVersion, printJson, withModelOptions } from "./options.js";
import { makeProgress } from "./progress.js";

interface Options extends ModelOptions, MemoryOptions {
  readonly target?: string;
  readonly sarif?: boolean;
}

/** Adds `check` to the program. */
export function addCheck(program: Command): void {
  withMemoryOptions(
    withModelOptions(
      program
        .command("check")
        .description(
          "list every problem of a model at once, with the nearest rewrite, or its layers when there is none",
        )
        .argument("<model>", "ONNX or .tflite file")
        .option("-t, --target <name>", "also check that this target takes the model and has room for it")
        .option("--sarif", "print problems and notes as SARIF 2.1.0 to stdout"),
    ),
  ).action((model: string, options: Options) => {
    if (options.sarif && options.json) fail("QC6001", "--sarif and --json exclude each other.");
    const { compilation, problems } = examine(model, options);
    const notes = compilation?.notes ?? [];
    if (options.sarif) printJson(sarifLog({ model, version: packageVersion(), problems, notes }));
    if (problems.length > 0 || !compilation) {
      for (const note of notes) process.stderr.write(noteLines(note));
      throw new QcError(problems.map(withHint));
    }
    if (options.sarif) return;
    const target = findTarget(options.target ?? "host");
    const report = makeReport(compilation, solverFor(target, compilation.integerGraph));
    if (options.json) {
      printJson({ ...report, target: options.target ?? null, diagnostics: notes.map(withHint) });
      return;
    }
    process.stdout.write(layersText(report));
    if (options.target !== undefined) process.stdout.write(`fits ${target.name}\n`);
    process.stdout.write(notes.map(noteLines).join(""));
  });
}

interface Examination {
  /** Undefined when the model does not compile. */
  readonly compilation?: Compilation;
  readonly problems: readonly Diagnostic[];
}

/** What is wrong with the model. Throws what is wrong with the command line instead. */
function examine(model: string, options: Options): Examination {
  const target = options.target === undefined ? undefined : findTarget(options.target);
  const progress = makeProgress();
  try {
    progress.step(`${model}: reading and lowering`);
    const wanted = planOptions(options, target);
    if (!target && options.weights) fail("QC6001", "--weights needs --target: constants differ from core to core.");
    const compiled = compileFile(model, options, wanted);
    if (!target) return { compilation: compiled, problems: [] };
    const compilation = withWeights(compiled, options, target);
    progress.step(`${model}: emitting for ${target.name}`);
    return { compilation, problems: targetProblems(compilation.plan, target, wanted) };
  } catch (error) {
    if (!(error instanceof QcError) || error.exitCode === exitCode.usage) throw error;
    return { problems: error.diagnostics };
  } finally {
    progress.done();
  }
}

const withHint = (diagnostic: Diagnostic): Diagnostic => ({ ...diagnostic, hint: hintOf(diagnostic) });

const noteLines = (note: Diagnostic) => `note: ${formatDiagnostic(note)}\n  hint: ${hintOf(note)}\n`;
