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
import { type CodeSet, fromBytes, setToBytes } from "./codes.js";
import { chooseEngine } from "./engines/choose.js";
import type { EngineResult, TraceRecord } from "./engines/engine.js";

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
  /** Measures each layer too, where the engine can. */
  readonly profile?: boolean | undefined;
  /** Called before each long step. */
  readonly onStep?: ((text: string) => void) | undefined;
  /** Replaces the generated files, for tests that break them on purpose. */
  readonly edit?: ((files: Map<string, string>) => void) | undefined;
}

/**
 * Runs one inference per set of input codes on one target and compares all output bytes with `expected`; on a difference,
 * traces every tensor.
 */
export async function verifyTarget(
  compilation: Compilation,
  target: Target,
  vectors: readonly CodeSet[],
  expected: readonly CodeSet[],
  options: VerifyOptions,
): Promise<TargetVerdict> {
  const { plan, integerGraph } = compilation;
  const outputBytes = integerGraph.outputs.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const files = new Map(emitProject(plan, target, "model"));
  options.edit?.(files);
  const choice = await chooseEngine(target, options.seed);
  options.onStep?.(`${target.name}: ${choice.engine.name}, ${vectors.length} inferences`);
  const run = (sets: readonly CodeSet[], trace: boolean) =>
    inTemporaryFolder((workDir) => {
      const inputs = sets.map((codes) => setToBytes(codes, integerGraph.inputs));
      return choice.engine.run({
        files,
        inputs,
        outputBytes,
        workDir,
        trace,
        profile: options.profile === true && !trace,
      });
    });
  const { outputs, trace: _, ...measured } = await run(vectors, false);
  const found = firstDifference(integerGraph.outputs, expected, outputs);
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

/** First differing element of the outputs, which engines give one after the other, over all inputs. */
export function firstDifference(
  tensors: readonly IntegerTensor[],
  expected: readonly CodeSet[],
  actual: readonly Uint8Array[],
): Difference | null {
  for (const [input, codes] of expected.entries()) {
    let at = 0;
    for (const [i, tensor] of tensors.entries()) {
      const got = fromBytes(actual[input]!.subarray(at, at + tensorBytes(tensor)), tensor);
      const index = codes[i]!.findIndex((code, k) => code !== got[k]);
      if (index >= 0) return { input, tensor: tensor.name, index, expected: codes[i]![index]!, actual: got[index]! };
      at += tensorBytes(tensor);
    }
  }
  return null;
}

/** Runs the first differing input again with a trace and names the first tensor that differs. */
async function pinned(
  { integerGraph }: Compilation,
  vectors: readonly CodeSet[],
  found: Difference,
  run: (inputs: readonly CodeSet[]) => Promise<EngineResult>,
): Promise<Difference> {
  const vector = vectors[found.input]!;
  const truth = interpret(integerGraph, vector);
  const { trace } = await run([vector]);
  const records = new Map<number, TraceRecord>((trace?.[0] ?? []).map((record) => [record.tensor, record]));
  for (const { output } of integerGraph.nodes) {
    const record = records.get(output.id);
    if (!record) continue;
    const difference = firstDifference([output], [[truth.get(output.id)!]], [record.bytes]);
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
