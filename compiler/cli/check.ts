/** `qcompile check`: every problem of a model at once, or its layers. */
import type { Command } from "commander";
import { findTarget } from "../../targets/index.js";
import { solverFor } from "../../targets/solver.js";
import { checkFit } from "../plan/fit.js";
import { makeReport } from "../report/report.js";
import { reportText } from "../report/text.js";
import { compileFile, type ModelOptions, printJson, withModelOptions } from "./options.js";

/** Adds `check` to the program. */
export function addCheck(program: Command): void {
  withModelOptions(
    program
      .command("check")
      .description("list every problem of a model at once, or its layers when there is none")
      .argument("<model>", "ONNX or .tflite file")
      .option("-t, --target <name>", "also check that it fits this target", "host"),
  ).action((model: string, options: ModelOptions & { target: string }) => {
    const target = findTarget(options.target);
    const compilation = compileFile(model, options);
    checkFit(compilation.plan, target, {});
    const report = makeReport(compilation, solverFor(target, compilation.integerGraph));
    if (options.json) printJson(report);
    else process.stdout.write(reportText(report));
  });
}
