#!/usr/bin/env node
/** The command line: parses arguments, runs one command, maps errors to exit codes. */
import { Command, CommanderError } from "commander";
import { exitCode, formatDiagnostic, QcError } from "../diagnostics.js";
import { addBench } from "./bench.js";
import { addCheck } from "./check.js";
import { addCompile } from "./compile.js";
import { addEval } from "./eval.js";
import { packageVersion, printJson } from "./options.js";
import { addPlan } from "./plan.js";
import { addRun } from "./run.js";
import { addTargets } from "./targets.js";
import { addVerify } from "./verify.js";

/** The program with all its commands; it throws instead of ending the process. */
export function makeProgram(): Command {
  const program = new Command("qcompile")
    .description(
      "Compiles quantized ONNX and TensorFlow Lite models to integer-only C and Verilog, bit-exact against a reference interpreter.",
    )
    .version(packageVersion())
    .showHelpAfterError("(see --help)")
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 ok, 1 outputs differ, 2 wrong usage or a missing tool, 3 unsupported or invalid model, 4 does not fit, 70 internal error.",
    );
  for (const add of [addCheck, addCompile, addPlan, addRun, addEval, addVerify, addBench, addTargets]) add(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** Runs one command line (without `node` and the script's name); sets process.exitCode, never throws. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await makeProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error, args.includes("--json"));
  }
}

/** Prints an error to stderr, and to stdout as data when `json`; returns the exit code. */
function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (error instanceof QcError) {
    for (const diagnostic of error.diagnostics) {
      const hint = diagnostic.hint === undefined ? "" : `  hint: ${diagnostic.hint}\n`;
      process.stderr.write(`${formatDiagnostic(diagnostic)}\n${hint}`);
    }
    if (json) printJson({ schema: 1, error: { exit_code: error.exitCode, diagnostics: error.diagnostics } });
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `QC internal error: ${message}\nThis is a defect of qcompile; please report it with the model.\n`,
  );
  if (process.env.QCOMPILE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitCode.internal;
}

await main(process.argv.slice(2));
