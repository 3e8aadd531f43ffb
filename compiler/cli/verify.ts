/** `qcompile verify`: interpreter = C = Verilog, byte for byte, or the first difference. */
import type { Command } from "commander";
import { exitCode, fail } from "../diagnostics.js";
import { outputsOf } from "../interpreter/interpreter.js";
import type { IntegerTensor } from "../ir/integer-graph.js";
import { checkFit } from "../plan/fit.js";
import { tensorBytes } from "../plan/liveness.js";
import { type CodeSet, setToBytes } from "../verify/codes.js";
import { readBytes, seededSets } from "../verify/vectors.js";
import { type Difference, firstDifference, type TargetVerdict, verifyTarget } from "../verify/verify.js";
import { type MemoryOptions, planOptions, targetFor, withMemoryOptions, withWeights } from "./memory-options.js";
import { compileFile, type ModelOptions, parseCount, printJson, withModelOptions } from "./options.js";
import { collect, readInputs } from "./port-files.js";
import { makeProgress } from "./progress.js";

interface Options extends ModelOptions, MemoryOptions {
  readonly target: string;
  readonly inputs?: string[];
  readonly expect?: string;
  readonly count: string;
  readonly seed: string;
}

/** Adds `verify` to the program. */
export function addVerify(program: Command): void {
  withMemoryOptions(
    withModelOptions(
      program
        .command("verify")
        .description("build, run and compare every output byte with the interpreter; exit code 1 on a difference")
        .argument("<model>", "ONNX or .tflite file")
        .option("-t, --target <names>", "targets, separated by commas", "host")
        .option(
          "-i, --inputs <file>",
          "inputs: .npy or raw codes, once per graph input, in order or as name=file; default: seeded vectors",
          collect,
        )
        .option(
          "-e, --expect <file>",
          "expected outputs as raw bytes, those of one inference one after the other, also compared",
        )
        .option("-n, --count <number>", "number of seeded vectors", "4")
        .option("--seed <number>", "seed of the vectors and of the stalls", "1"),
    ),
  ).action(async (model: string, options: Options) => {
    const targets = options.target.split(",").map((name) => targetFor(name.trim(), options));
    // One plan for all targets: for the least RAM among them, unless given.
    const wanted = targets.map((target) => planOptions(options, target));
    const sramBytes = Math.min(...wanted.map((each) => each.sramBytes ?? Infinity));
    const compilation = compileFile(model, options, {
      ...wanted[0]!,
      sramBytes,
      core: targets.length === 1 ? wanted[0]!.core : undefined,
    });
    const { integerGraph } = compilation;
    const placed = targets.map((target, i) => {
      const each = withWeights(compilation, options, target);
      checkFit(each.plan, target, wanted[i]!);
      return each;
    });
    const seed = parseCount(options.seed);
    const vectors =
      options.inputs === undefined
        ? seededSets(integerGraph.inputs, parseCount(options.count), seed)
        : readInputs(compilation, options.inputs, "--inputs");
    const progress = makeProgress();
    progress.step(`interpreter: ${vectors.length} inferences`);
    const expected = vectors.map((vector) => outputsOf(integerGraph, vector));
    const witness =
      options.expect === undefined ? undefined : compareFile(options.expect, integerGraph.outputs, expected);
    const verdicts: TargetVerdict[] = [];
    for (const [i, target] of targets.entries()) {
      verdicts.push(await verifyTarget(placed[i]!, target, vectors, expected, { seed, onStep: progress.step }));
    }
    progress.done();
    if (options.json) {
      printJson({
        schema: 1,
        model: integerGraph.name,
        numerics: integerGraph.numerics,
        inputs: vectors.length,
        expect: witness ?? null,
        targets: verdicts.map(verdictJson),
      });
    } else {
      if (witness) process.stdout.write(witnessLine(witness));
      for (const verdict of verdicts) process.stdout.write(verdictLine(verdict, vectors.length));
    }
    if (verdicts.some(({ equal }) => !equal) || (witness && !witness.equal)) process.exitCode = exitCode.mismatch;
  });
}

interface Witness {
  readonly file: string;
  readonly equal: boolean;
  readonly differing: number;
  readonly bytes: number;
  readonly difference: Difference | null;
}

/** Compares the interpreter's outputs with a file of recorded bytes. */
function compareFile(file: string, outputs: readonly IntegerTensor[], expected: readonly CodeSet[]): Witness {
  const bytes = readBytes(file);
  const size = outputs.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (bytes.length !== size * expected.length) {
    fail(
      "QC6003",
      `got ${bytes.length} bytes, expected ${size * expected.length}: ${expected.length} inferences of ${size}.`,
      file,
    );
  }
  const recorded = expected.map((_, i) => bytes.subarray(i * size, (i + 1) * size));
  const differing = expected.reduce(
    (sum, codes, i) => sum + setToBytes(codes, outputs).filter((byte, k) => byte !== recorded[i]![k]).length,
    0,
  );
  return {
    file,
    equal: differing === 0,
    differing,
    bytes: bytes.length,
    difference: firstDifference(outputs, expected, recorded),
  };
}

/** The JSON form of one verdict; null where a target has no such figure. */
export function verdictJson({ target, engine, equal, bytes, difference, measured }: TargetVerdict) {
  return {
    target,
    engine,
    equal,
    bytes,
    first_difference: difference,
    instructions: measured.instructions,
    cycles: measured.cycles ?? null,
    stack_bytes: measured.stackBytes,
    stack_bound_bytes: measured.stackBound?.bytes ?? null,
    code_bytes: measured.codeBytes,
    weight_bytes: measured.weightBytes,
  };
}

function verdictLine({ target, engine, equal, bytes, difference }: TargetVerdict, count: number): string {
  if (equal) return `${target}: equal, ${bytes} bytes of ${count} inferences (${engine})\n`;
  return `${target}: DIFFERS (${engine}): ${describe(difference!, "interpreter", engine)}\n`;
}

function witnessLine({ file, equal, differing, bytes, difference }: Witness): string {
  if (equal) return `${file}: equal, ${bytes} bytes\n`;
  return `${file}: DIFFERS in ${differing} of ${bytes} bytes: ${describe(difference!, "interpreter", "file")}\n`;
}

function describe({ input, tensor, index, expected, actual }: Difference, left: string, right: string): string {
  return `input ${input}, first differing tensor '${tensor}' at index ${index}: ${left} ${expected}, ${right} ${actual}`;
}
