/** `qcompile run`: the interpreter's output for given inputs. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { fail } from "../diagnostics.js";
import { outputsOf } from "../interpreter/interpreter.js";
import type { IntegerTensor } from "../ir/integer-graph.js";
import { toBytes } from "../verify/codes.js";
import { writeNpy } from "../verify/npy.js";
import { compileFile, type ModelOptions, printJson, withModelOptions } from "./options.js";
import { collect, portFiles, readInputs } from "./port-files.js";

interface Options extends ModelOptions {
  readonly input: string[];
  readonly output?: string[];
}

/** Adds `run` to the program. */
export function addRun(program: Command): void {
  withModelOptions(
    program
      .command("run")
      .description("run the reference interpreter")
      .argument("<model>", "ONNX or .tflite file")
      .requiredOption(
        "-i, --input <file>",
        "inputs: .npy (codes, or float values to be quantized) or raw little-endian codes; once per graph input, in order or as name=file",
        collect,
      )
      .option(
        "-o, --output <file>",
        "write the output codes to a .npy or raw file instead of printing them; once per graph output",
        collect,
      ),
  ).action((model: string, options: Options) => {
    const compilation = compileFile(model, options);
    const { integerGraph } = compilation;
    const { outputs } = integerGraph;
    const files = options.output && portFiles(outputs, options.output, "--output");
    const sets = readInputs(compilation, options.input, "--input").map((codes) => outputsOf(integerGraph, codes));
    const results = outputs.map((tensor, i) => ({ tensor, codes: sets.map((set) => set[i]!) }));
    if (files) {
      for (const [i, { tensor, codes }] of results.entries()) write(files[i]!, tensor, codes);
    } else if (options.json) {
      const { name: model, numerics } = integerGraph;
      const list = results.map(({ tensor: { name, shape }, codes }) => ({ name, shape, outputs: codes.map(listOf) }));
      const [{ shape, outputs }] = list as [(typeof list)[0]];
      printJson({ schema: 1, model, numerics, ...(list.length === 1 ? { shape, outputs } : { tensors: list }) });
    } else {
      for (const set of sets) {
        const lines = set.map(
          (codes, i) => `${set.length > 1 ? `${outputs[i]!.name}: ` : ""}${listOf(codes).join(" ")}\n`,
        );
        process.stdout.write(lines.join(""));
      }
    }
  });
}

const listOf = (codes: Int32Array) => Array.from(codes);

/** All inferences of one output: an array with a leading dimension for them, or raw codes. */
function write(file: string, { shape, type }: IntegerTensor, codes: readonly Int32Array[]): void {
  const all = codes.flatMap(listOf);
  const dims = [codes.length, ...(shape[0] === 1 ? shape.slice(1) : shape)];
  const bytes = file.endsWith(".npy") ? writeNpy(all, dims, type) : toBytes(all, { type });
  try {
    writeFileSync(file, bytes);
  } catch (error) {
    fail("QC6002", `${(error as Error).message}.`, file);
  }
}
