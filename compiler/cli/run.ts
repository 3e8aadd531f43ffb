/** `qcompile run`: the interpreter's output for given inputs, as codes or as the reals they stand for. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { f32 } from "../arith/float32.js";
import { fail } from "../diagnostics.js";
import { outputsOf } from "../interpreter/interpreter.js";
import type { Tensor } from "../ir/graph.js";
import { dequantized, toBytes } from "../verify/codes.js";
import { floatBytes, writeFloatNpy, writeNpy } from "../verify/npy.js";
import { compileFile, type ModelOptions, printJson, withModelOptions } from "./options.js";
import { collect, portFiles, readInputs } from "./port-files.js";

interface Options extends ModelOptions {
  readonly input: string[];
  readonly output?: string[];
  readonly io: string;
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
        "write the output to a .npy or raw file instead of printing it; once per graph output",
        collect,
      )
      .option("--io <form>", "outputs as `int` codes, or as `float`: the reals they stand for, in float32", "int"),
  ).action((model: string, options: Options) => {
    if (!["int", "float"].includes(options.io)) fail("QC6001", `--io ${options.io}: expected int or float.`);
    const real = options.io === "float";
    const compilation = compileFile(model, options);
    const { graph, integerGraph } = compilation;
    const outputs = graph.outputs;
    const files = options.output && portFiles(outputs, options.output, "--output");
    const sets = readInputs(compilation, options.input, "--input").map((codes) => outputsOf(integerGraph, codes));
    const results = outputs.map((tensor, i) => ({
      tensor,
      values: sets.map((set) => (real ? dequantized(set[i]!, tensor) : Array.from(set[i]!))),
    }));
    if (files) {
      for (const [i, { tensor, values }] of results.entries()) write(files[i]!, tensor, values, real);
      return;
    }
    const printed = results.map(({ tensor: { name, shape }, values }) => ({
      name,
      shape,
      outputs: real ? values.map((list) => list.map(shortest)) : values,
    }));
    if (options.json) {
      const { name: model, numerics } = integerGraph;
      const [{ shape, outputs }] = printed as [(typeof printed)[0]];
      printJson({ schema: 1, model, numerics, ...(printed.length === 1 ? { shape, outputs } : { tensors: printed }) });
      return;
    }
    for (const inference of sets.keys()) {
      const lines = printed.map(
        ({ name, outputs }) => `${printed.length > 1 ? `${name}: ` : ""}${outputs[inference]!.join(" ")}\n`,
      );
      process.stdout.write(lines.join(""));
    }
  });
}

/** The number with the fewest decimal digits that rounds to the same float32. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (f32(decimal) === value) return decimal;
  }
  return Number(value.toPrecision(9));
}

/** All inferences of one output: an array with a leading dimension for them, or raw elements. */
function write(file: string, { shape, type }: Tensor, values: readonly number[][], real: boolean): void {
  const all = values.flat();
  const dims = [values.length, ...(shape[0] === 1 ? shape.slice(1) : shape)];
  const npy = file.endsWith(".npy");
  const ofReals = () => (npy ? writeFloatNpy(all, dims) : floatBytes(all));
  const ofCodes = () => (npy ? writeNpy(all, dims, type) : toBytes(all, { type }));
  try {
    writeFileSync(file, real ? ofReals() : ofCodes());
  } catch (error) {
    fail("QC6002", `${(error as Error).message}.`, file);
  }
}
