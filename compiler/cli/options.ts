/** Options that several commands share. */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Command } from "commander";
import { packagePath } from "../../targets/package-root.js";
import { f32 } from "../arith/float32.js";
import { type Compilation, compile } from "../compile.js";
import { fail } from "../diagnostics.js";
import type { InputCodes } from "../import/onnx.js";
import { type Form, printForm } from "../ir/print.js";
import { typeName, typeRange } from "../ir/types.js";
import { graphPasses, integerPasses, type Optimisation, optimisations } from "../passes/pipeline.js";
import type { PlanOptions } from "../plan/make-plan.js";
import { readBytes } from "../verify/vectors.js";

export interface ModelOptions {
  readonly numerics?: string;
  readonly printAfter?: string;
  readonly optimize?: string;
  /** As given: `name=size`. */
  readonly dim?: readonly string[];
  /** As given: `[name=]type[,scale[,zeroPoint]]`. */
  readonly inputType?: readonly string[];
  readonly json?: boolean;
}

const stageNames = [
  "import",
  ...graphPasses.map(({ name }) => name),
  "lower",
  ...integerPasses.map(({ name }) => name),
  "choose-for-speed",
  "plan",
];

/** Collects the values of an option that may be repeated. */
export const repeated = (text: string, others: readonly string[] = []) => [...others, text];

/** Adds --numerics, --dim, --input-type, --print-after and --json. */
export function withModelOptions(command: Command): Command {
  return command
    .option(
      "--numerics <family>",
      "arithmetic family: exact, onnxruntime or tflite (default: tflite for .tflite files, exact for ONNX)",
    )
    .option(
      "--dim <name=size>",
      "size of a symbolic dimension of an ONNX model; repeat it for others (the first dimension is 1 by default)",
      repeated,
    )
    .option(
      "--input-type <[name=]type[,scale[,zeroPoint]]>",
      "codes that a float input of an ONNX model holds, such as uint8,0.00392; without a name: all inputs without a QuantizeLinear; repeat it for others",
      repeated,
    )
    .option(
      "--optimize <goal>",
      "speed (default): the fewest instructions within flash and RAM; size: little code, weights and scratch; memory: the least RAM, then speed",
    )
    .option("--print-after <stage>", `print the form after a stage to stderr: ${stageNames.join(", ")}`)
    .option("--json", "print a JSON result to stdout");
}

/** Reads and compiles a model file up to the Plan. */
export function compileFile(path: string, options: ModelOptions, plan: PlanOptions = {}): Compilation {
  const stages: string[] = [];
  let shown = options.printAfter === undefined;
  const compilation = compile(readBytes(path), {
    numerics: options.numerics,
    name: modelName(path),
    folder: dirname(path),
    dims: parseDims(options.dim ?? []),
    inputs: parseInputTypes(options.inputType ?? []),
    plan,
    optimise: parseOptimisation(options.optimize ?? "speed"),
    onStage: (stage: string, form: Form) => {
      stages.push(stage);
      if (stage === options.printAfter) {
        shown = true;
        process.stderr.write(printForm(form));
      }
    },
  });
  if (!shown) fail("QC6001", `--print-after ${options.printAfter} is no stage; expected ${stages.join(", ")}.`);
  return compilation;
}

/** The least RAM is a matter of the plan alone: within it, algorithms are those of speed. */
function parseOptimisation(text: string): Optimisation {
  if (text === "memory") return "speed";
  const found = optimisations.find((name) => name === text);
  return found ?? fail("QC6001", `--optimize ${text} is unknown; expected ${optimisations.join(", ")} or memory.`);
}

/** Sizes by name from `name=size` texts; a name may hold `=` itself. */
export function parseDims(texts: readonly string[]): Readonly<Record<string, number>> {
  const dims = new Map<string, number>();
  for (const text of texts) {
    const [, name, size] =
      /^(.+)=(\d+)$/s.exec(text) ?? fail("QC6001", `--dim ${text}: expected name=size, such as W=64.`);
    if (dims.has(name!)) fail("QC6001", `--dim ${name} is given twice.`);
    dims.set(name!, Number(size));
  }
  return Object.fromEntries(dims);
}

/**
 * Codes by input name, "" for no name, from `[name=]type[,scale[,zeroPoint]]` texts; scale 1 and zero point 0 unless given.
 * Throws QC6001 for other types than int1 to int16, uint1 to uint16 and int32, and for parameters that are none.
 */
export function parseInputTypes(texts: readonly string[]): ReadonlyMap<string, InputCodes> {
  const inputs = new Map<string, InputCodes>();
  for (const text of texts) {
    const [, name = "", sign, width, scaleText = "1", zeroPointText = "0"] =
      /^(?:(.*)=)?(u?)int(\d+)(?:,([^,]+)(?:,([+-]?\d+))?)?$/s.exec(text) ??
      fail("QC6001", `--input-type ${text}: expected [name=]type[,scale[,zeroPoint]], such as x=uint8,0.00392,0.`);
    const type = { bits: Number(width), signed: sign === "" };
    if (!(type.bits >= 1 && type.bits <= 16) && !(type.bits === 32 && type.signed)) {
      fail("QC6001", `--input-type ${text}: got ${typeName(type)}; expected int1 to int16, uint1 to uint16 or int32.`);
    }
    const [scale, zeroPoint] = [f32(Number(scaleText)), Number(zeroPointText)];
    if (!(scale > 0 && Number.isFinite(scale))) {
      fail("QC6001", `--input-type ${text}: scale ${scaleText} is not a positive finite float32 number.`);
    }
    const { lo, hi } = typeRange(type);
    if (zeroPoint < lo || zeroPoint > hi) {
      fail("QC6001", `--input-type ${text}: zero point ${zeroPointText} is not in ${lo}..${hi}.`);
    }
    if (inputs.has(name)) {
      fail("QC6001", `--input-type ${name === "" ? "without a name" : name} is given twice.`);
    }
    inputs.set(name, { type, quantization: { scales: [scale], zeroPoints: [zeroPoint] } });
  }
  return inputs;
}

/** The file's name without its extension. */
export function modelName(path: string): string {
  return basename(path).replace(/\.(onnx|tflite)$/i, "");
}

/** Bytes from `65536`, `64K`, `64KB`, `64KiB` or `1M`; K and M are powers of 1024. */
export function parseBytes(text: string): number {
  const match = /^(\d+)\s*(?:([KM])(?:i?B)?|B)?$/i.exec(text.trim());
  if (!match) return fail("QC6001", `'${text}' is no size; expected bytes, such as 65536 or 64K.`);
  const unit = { K: 1024, M: 1024 * 1024 }[match[2]?.toUpperCase() ?? ""] ?? 1;
  return Number(match[1]) * unit;
}

/** A whole number at least `least`. */
export function parseCount(text: string, least = 1): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    return fail("QC6001", `'${text}' is no whole number of at least ${least}.`);
  }
  return value;
}

/** The version in package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as { version: string }).version;
}

/** Prints a value as indented JSON on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
