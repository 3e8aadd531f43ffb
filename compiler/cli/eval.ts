/** `qcompile eval`: classification accuracy of the interpreter, which is the accuracy of every target. */
import type { Command } from "commander";
import { fail } from "../diagnostics.js";
import { outputsOf } from "../interpreter/interpreter.js";
import { typeName, typeRange, uint8 } from "../ir/types.js";
import { readBytes } from "../verify/vectors.js";
import { compileFile, type ModelOptions, parseCount, printJson, withModelOptions } from "./options.js";
import { collect, readInputs } from "./port-files.js";
import { makeProgress } from "./progress.js";

interface Options extends ModelOptions {
  readonly inputs: string[];
  readonly labels: string;
  readonly offset: string;
  readonly limit?: string;
}

/** Adds `eval` to the program. */
export function addEval(program: Command): void {
  withModelOptions(
    program
      .command("eval")
      .description("classify labelled inputs with the interpreter and count the right answers")
      .argument("<model>", "ONNX or .tflite file")
      .requiredOption(
        "-i, --inputs <file>",
        "inputs: .npy or raw codes; once per graph input, in order or as name=file",
        collect,
      )
      .requiredOption("-l, --labels <file>", "class numbers: raw bytes, or a .csv file whose last column they are")
      .option(
        "--offset <number>",
        "added to every input byte, such as -128 for grey values given to an int8 model",
        "0",
      )
      .option("-n, --limit <number>", "evaluate the first inputs only"),
  ).action((model: string, options: Options) => {
    const compilation = compileFile(model, options);
    const { integerGraph } = compilation;
    const [output, other] = integerGraph.outputs;
    if (other)
      fail(
        "QC6001",
        `eval takes the scores of one output; '${integerGraph.name}' has '${output!.name}' and '${other.name}'.`,
      );
    const labels = readLabels(options.labels);
    const offset = Number(options.offset);
    if (!Number.isInteger(offset)) fail("QC6001", `--offset ${options.offset} is no whole number.`);
    // With an offset the file holds unsigned bytes, whatever the model's type.
    const inputs = integerGraph.inputs.map((tensor) => (offset === 0 ? tensor : { ...tensor, type: uint8 }));
    const stored = { ...compilation, integerGraph: { ...integerGraph, inputs } };
    const vectors = readInputs(stored, options.inputs, "--inputs").map((set) =>
      set.map((codes) => codes.map((code) => code + offset)),
    );
    for (const [k, { type }] of integerGraph.inputs.entries()) {
      const { lo, hi } = typeRange(type);
      const outside = vectors.findIndex((set) => set[k]!.some((code) => code < lo || code > hi));
      if (outside >= 0)
        fail("QC6003", `input ${outside} has values outside ${typeName(type)} after --offset ${offset}.`);
    }
    if (vectors.length !== labels.length) {
      fail("QC6003", `got ${labels.length} labels for ${vectors.length} inputs.`, options.labels);
    }
    const count = Math.min(vectors.length, options.limit === undefined ? vectors.length : parseCount(options.limit));
    const progress = makeProgress();
    let correct = 0;
    for (let i = 0; i < count; i++) {
      if (i % 50 === 0) progress.step(`${i} of ${count} inputs, ${correct} right`);
      const scores = outputsOf(integerGraph, vectors[i]!)[0]!;
      if (scores.indexOf(scores.reduce((a, b) => Math.max(a, b))) === labels[i]) correct++;
    }
    progress.done();
    const { name, numerics } = integerGraph;
    const accuracy = correct / count;
    if (options.json) printJson({ schema: 1, model: name, numerics, inputs: count, correct, accuracy });
    else
      process.stdout.write(`${correct} of ${count} right, ${(100 * accuracy).toFixed(2)} % (numerics ${numerics})\n`);
  });
}

function readLabels(path: string): number[] {
  const bytes = readBytes(path);
  if (!path.endsWith(".csv")) return Array.from(bytes);
  const rows = Buffer.from(bytes).toString("utf8").trim().split(/\r?\n/);
  const values = rows.map((row) => Number(row.split(",").at(-1)));
  const first = Number.isNaN(values[0]) ? 1 : 0; // a header
  const bad = values.findIndex((value, i) => i >= first && !Number.isSafeInteger(value));
  if (bad >= 0) fail("QC6003", `row ${bad + 1} ends in no class number.`, path);
  return values.slice(first);
}
