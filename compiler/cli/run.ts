/** `qcompile run`: the interpreter's output for given inputs. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { fail } from "../diagnostics.js";
import { outputsOf } from "../interpreter/interpreter.js";
import { writeNpy } from "../verify/npy.js";
import { readVectors, toBytes } from "../verify/vectors.js";
import { compileFile, type ModelOptions, printJson, withModelOptions } from "./options.js";

interface Options extends ModelOptions {
  readonly input: string;
  readonly output?: string;
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
        "inputs: .npy (codes, or float values to be quantized) or raw bytes of codes",
      )
      .option("-o, --output <file>", "write the output codes to a .npy or raw file instead of printing them"),
  ).action((model: string, options: Options) => {
    const { graph, integerGraph } = compileFile(model, options);
    const output = integerGraph.outputs[0]!;
    const vectors = readVectors(options.input, integerGraph.inputs[0]!, graph);
    const results = vectors.map((vector) => outputsOf(integerGraph, [vector])[0]!);
    if (options.output !== undefined) {
      const codes = results.flatMap((result) => Array.from(result));
      const bytes = options.output.endsWith(".npy")
        ? writeNpy(
            codes,
            [results.length, ...(output.shape[0] === 1 ? output.shape.slice(1) : output.shape)],
            output.type.signed,
          )
        : toBytes(Int32Array.from(codes));
      try {
        writeFileSync(options.output, bytes);
      } catch (error) {
        fail("QC6002", `${(error as Error).message}.`, options.output);
      }
    } else if (options.json) {
      printJson({
        schema: 1,
        model: integerGraph.name,
        numerics: integerGraph.numerics,
        shape: output.shape,
        outputs: results.map((result) => Array.from(result)),
      });
    } else {
      process.stdout.write(results.map((result) => `${Array.from(result).join(" ")}\n`).join(""));
    }
  });
}
