/** Builds generated C on this machine, with every warning an error and sanitizers, and compares it with the interpreter. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { elementCount, type IntegerGraph, typeRange } from "../../compiler/ir/index.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { setToBytes, toBytes } from "../../compiler/verify/codes.js";
import { warningFlags } from "../../compiler/verify/engines/host-c.js";
import { emitC } from "../../targets/c/emit.js";
import { type Core, findTarget, isCore } from "../../targets/index.js";
import type { Random } from "./random.js";

export function core(name: string): Core {
  const target = findTarget(name);
  if (!isCore(target)) throw new Error(`${name} is no core`);
  return target;
}

/** Random codes of every input; the first two sets are the extremes of the types. */
export function inputSets(graph: IntegerGraph, random: Random, count: number): Int32Array[][] {
  return Array.from({ length: count }, (_, set) =>
    graph.inputs.map(({ shape, type }) => {
      const { lo, hi } = typeRange(type);
      const code = set === 0 ? () => lo : set === 1 ? () => hi : () => random.integer(lo, hi);
      return Int32Array.from({ length: elementCount(shape) }, code);
    }),
  );
}

export const bytesOf = (codes: readonly Int32Array[]) =>
  Buffer.concat(codes.map((values) => Uint8Array.from(values, (v) => v & 255)));

/** Runs `work` with a new folder that is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "qcompile-test-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [file, text] of files) writeFileSync(join(folder, file), text);
}

/** Runs a tool; throws with what it printed when it fails. */
export function tool(folder: string, command: string, args: readonly string[], input?: Uint8Array): Buffer {
  const result = spawnSync(command, args, {
    cwd: folder,
    input,
    maxBuffer: 2 ** 28,
    env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0" },
  });
  if (result.status !== 0)
    throw new Error(`${command} ended with ${result.status}: ${result.stderr.toString().slice(0, 4000)}`);
  return result.stdout;
}

/** Sanitizers without optimisation; kernels stay functions, since a copy per layer compiles ten times longer. */
export const sanitizerFlags: readonly string[] = [
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=all",
  "-DQC_INLINE=static inline",
];

/** Names of the outputs that differ from the interpreter's, by node; the program is the generated example. */
export async function differences(
  graph: IntegerGraph,
  target: Core,
  inputs: readonly Int32Array[][],
): Promise<string[]> {
  const files = emitC(makePlan(graph), target);
  const bytes = await inFolder((folder) => {
    writeFiles(folder, files);
    const flags = [...warningFlags, "-g", ...sanitizerFlags];
    tool(folder, "gcc", [...flags, "-I.", "model.c", "model_weights.c", "main.c", "-o", "program"]);
    return tool(folder, "./program", [], Buffer.concat(inputs.map((set) => setToBytes(set, graph.inputs))));
  });
  const different = new Set<string>();
  let at = 0;
  for (const set of inputs) {
    outputsOf(graph, set).forEach((codes, i) => {
      const expected = Buffer.from(toBytes(codes, graph.outputs[i]!));
      const node = graph.nodes.find(({ output }) => output === graph.outputs[i])!;
      if (!expected.equals(bytes.subarray(at, at + expected.length))) different.add(describe(node));
      at += expected.length;
    });
  }
  if (at !== bytes.length) different.add(`${bytes.length} bytes of output, expected ${at}`);
  return [...different];
}

function describe({ name, inputs, output }: IntegerGraph["nodes"][number]): string {
  return `${name} [${inputs.map(({ shape }) => shape.join("x")).join(" ")}] -> [${output.shape.join("x")}]`;
}
