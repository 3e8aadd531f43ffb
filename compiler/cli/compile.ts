/** `qcompile compile`: a model to a C or Verilog folder that stands alone. */
import type { Command } from "commander";
import { emitProject } from "../../targets/emit.js";
import { isCore } from "../../targets/index.js";
import { solverFor } from "../../targets/solver.js";
import { formatDiagnostic } from "../diagnostics.js";
import { checkFit } from "../plan/fit.js";
import { memoryMapSvg } from "../report/memory-drawing.js";
import { memoryMapText } from "../report/memory-map.js";
import { makeReport } from "../report/report.js";
import { reportText } from "../report/text.js";
import { type MemoryOptions, planOptions, targetFor, withMemoryOptions, withWeights } from "./memory-options.js";
import { compileFile, type ModelOptions, printJson, withModelOptions } from "./options.js";
import { writeProject } from "./project-folder.js";

interface Options extends ModelOptions, MemoryOptions {
  readonly target: string;
  readonly output: string;
  readonly name: string;
  readonly force?: boolean;
}

/** Adds `compile` to the program. */
export function addCompile(program: Command): void {
  withMemoryOptions(
    withModelOptions(
      program
        .command("compile")
        .description("compile a model to a C or Verilog folder")
        .argument("<model>", "ONNX or .tflite file")
        .requiredOption("-t, --target <name>", "target; `qcompile targets` lists them")
        .requiredOption("-o, --output <folder>", "folder to write")
        .option("--name <identifier>", "prefix of the generated files and names", "model")
        .option("--force", "overwrite generated files in a folder that holds other files"),
    ),
  ).action((model: string, options: Options) => {
    const target = targetFor(options.target, options);
    const wanted = planOptions(options, target);
    const compiled = compileFile(model, options, wanted);
    const solve = solverFor(target, compiled.integerGraph);
    const compilation = withWeights(compiled, options, target, { name: options.name, solve });
    checkFit(compilation.plan, target, wanted);
    const report = makeReport(compilation, solve);
    const files = new Map(emitProject(compilation.plan, target, options.name, solve));
    files.set("report.json", `${JSON.stringify({ ...report, target: target.name }, null, 2)}\n`);
    files.set("report.txt", reportText(report));
    if (isCore(target)) {
      files.set("memory.txt", memoryMapText(compilation.plan));
      files.set("memory.svg", memoryMapSvg(compilation.plan));
    }
    writeProject(options.output, files, options.force === true);
    for (const note of compilation.notes) process.stderr.write(`note: ${formatDiagnostic(note)}\n`);
    if (options.json) printJson({ ...report, target: target.name, output: options.output });
    else process.stdout.write(`${reportText(report)}\nwrote ${files.size + 1} files to ${options.output}\n`);
  });
}
