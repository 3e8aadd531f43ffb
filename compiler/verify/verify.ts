/** Interpreter = engine, byte for byte: runs a plan on one target and compares every output. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emitProject } from "../../targets/emit.js";
import type { Target } from "../../targets/index.js";
import type { Compilation } from "../compile.js";
import { interpret } from "../interpreter/interpreter.js";
import type { IntegerTensor } from "../ir/integer-graph.js";
import { tensorBytes } from "../plan/liveness.js";
import { chooseEngine } from "./engines/choose.js";
import type { EngineResult, TraceRecord } from "./engines/engine.js";
import { fromBytes, toBytes } from "./vectors.js";

/** Where two runs first disagree. */
export interface Difference {
  /** Number of the input vector, from 0. */
  readonly input: number;
  readonly tensor: string;
  /** Row-major index within the tensor. */
  readonly index: number;
  readonly expected: number;
  readonly actual: number;
}

export interface TargetVerdict {
  readonly target: string;
  readonly engine: string;
  readonly equal: boolean;
  readonly bytes: number;
  readonly difference: Difference | null;
  readonly measured: Omit<EngineResult, "outputs" | "trace">;
}

export interface VerifyOptions {
  readonly seed: number;
  /** Called before each long step. */
  readonly onStep?: ((text: string) => void) | undefined;
  /** Replaces the generated files, for tests that break them on purpose. */
  readonly edit?: ((files: Map<string, string>) => void) | undefined;
}

/** Runs `vectors` on one target and compares all output bytes with `expected`; on a difference, traces every tensor. */
export async function verifyTarget(
  compilation: Compilation,
  target: Target,
  vectors: readonly Int32Array[],
  expected: readonly Int32Array[],
  options: VerifyOptions,
): Promise<TargetVerdict> {
  const { plan, integerGraph } = compilation;
  const output = integerGraph.outputs[0]!;
  const files = new Map(emitProject(plan, target, "model"));
  options.edit?.(files);
  const choice = await chooseEngine(target, options.seed);
  options.onStep?.(`${target.name}: ${choice.engine.name}, ${vectors.length} inferences`);
  const run = (inputs: readonly Int32Array[], trace: boolean) =>
    inTemporaryFolder((workDir) =>
      choice.engine.run({ files, inputs: inputs.map(toBytes), outputBytes: tensorBytes(output), workDir, trace }),
    );
  const { outputs, trace: _, ...measured } = await run(vectors, false);
  const found = firstDifference(output, expected, outputs);
  const difference = found && (await pinned(compilation, vectors, found, (inputs) => run(inputs, true)));
  return {
    target: target.name,
    engine: choice.engine.name,
    equal: found === null,
    bytes: outputs.reduce((sum, bytes) => sum + bytes.length, 0),
    difference,
    measured,
  };
}

/** First differing output element over all inputs. */
export function firstDifference(
  output: IntegerTensor,
  expected: readonly Int32Array[],
  actual: readonly Uint8Array[],
): Difference | null {
  for (const [input, codes] of expected.entries()) {
    const got = fromBytes(actual[input]!, output);
    const index = codes.findIndex((code, i) => code !== got[i]);
    if (index >= 0 || got.length !== codes.length) {
      return { input, tensor: output.name, index, expected: codes[index]!, actual: got[index]! };
    }
  }
  return null;
}

/** Runs the first differing input again with a trace and names the first tensor that differs. */
async function pinned(
  { integerGraph }: Compilation,
  vectors: readonly Int32Array[],
  found: Difference,
  run: (inputs: readonly Int32Array[]) => Promise<EngineResult>,
): Promise<Difference> {
  const vector = vectors[found.input]!;
  const truth = interpret(integerGraph, [vector]);
  const { trace } = await run([vector]);
  const records = new Map<number, TraceRecord>((trace?.[0] ?? []).map((record) => [record.tensor, record]));
  for (const { output } of integerGraph.nodes) {
    const record = records.get(output.id);
    if (!record) continue;
    const difference = firstDifference(output, [truth.get(output.id)!], [record.bytes]);
    if (difference) return { ...difference, input: found.input };
  }
  return found;
}

async function inTemporaryFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "qcompile-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
