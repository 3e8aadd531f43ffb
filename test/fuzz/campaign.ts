/** Campaigns of random graphs: compiles them, sends them to engines in batches, finds and shrinks what differs. */
import fc from "fast-check";
import { QcError } from "../../compiler/diagnostics.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { printForm } from "../../compiler/ir/print.js";
import { emitC } from "../../targets/c/emit.js";
import { type Compiled, caseOf, compiled, type GraphCase, isRefused, orRefused } from "./case.js";
import type { BatchEngine } from "./engines.js";
import { scheduleName } from "./planning.js";
import { type RandomGraph, randomGraph, recipes } from "./random-graph.js";
import type { RuntimeWitness } from "./runtime.js";

export interface Failure {
  readonly seed: number;
  readonly engine: string;
  readonly reason: string;
}

export interface Tally {
  compiled: number;
  /** How often a graph was refused, by code and message with its numbers as #. */
  readonly refused: Map<string, number>;
  /** Graphs whose bytes were compared, by engine. */
  readonly compared: Map<string, number>;
  /** Graphs that a back end refused, by engine and code. */
  readonly unsupported: Map<string, number>;
  /** ONNX operators in compiled graphs. */
  readonly operators: Map<string, number>;
  /** Graphs by how they run: on whole tensors, by rows, with an input handed over by rows. */
  readonly schedules: Map<string, number>;
  /** The first seed whose graph ran a variant of a kernel on this machine, such as `cortex-m4 conv2d_blocks_3x3`. */
  readonly kernels: Map<string, number>;
  readonly failures: Failure[];
  /** What ONNX Runtime computes, by verdict and its level of optimization. */
  readonly witnessed: Map<string, number>;
  /** Graphs whose codes are more than one apart in ONNX Runtime: a small error may have grown, or we read the model wrongly. */
  readonly doubtful: Failure[];
}

const increase = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

const interpreter = "interpreter";

const reasonOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

export interface CampaignOptions {
  readonly seed: number;
  readonly runs: number;
  /** Graphs each engine gets at most; all unless given. */
  readonly most?: ReadonlyMap<string, number>;
  readonly engines: readonly BatchEngine[];
  readonly runtime?: RuntimeWitness | undefined;
  readonly onProgress?: (tally: Tally, done: number) => void;
}

interface Waiting {
  readonly each: GraphCase;
  readonly compiled: Compiled;
}

/** Seeds of cases follow each other, so that a part of a campaign can be run again. */
export async function campaign({ seed, runs, engines, most, runtime, onProgress }: CampaignOptions): Promise<Tally> {
  const tally: Tally = {
    compiled: 0,
    refused: new Map(),
    compared: new Map(),
    unsupported: new Map(),
    operators: new Map(),
    schedules: new Map(),
    kernels: new Map(),
    failures: [],
    witnessed: new Map(),
    doubtful: [],
  };
  const queues = new Map(engines.map((engine) => [engine, [] as Waiting[]]));
  for (let number = 0; number < runs; number++) {
    const result = firstStep(seed + number, tally);
    if (result && runtime) await judge(result, runtime, tally);
    for (const [engine, queue] of result ? queues : []) {
      const done = (tally.compared.get(engine.name) ?? 0) + queue.length;
      if (result && done < (most?.get(engine.name) ?? runs) && accepts(engine, result, tally)) queue.push(result);
      if (queue.length >= engine.batch) await flush(engine, queue.splice(0), tally);
    }
    onProgress?.(tally, number + 1);
  }
  for (const [engine, queue] of queues) if (queue.length > 0) await flush(engine, queue, tally);
  return tally;
}

function firstStep(seed: number, tally: Tally): Waiting | undefined {
  try {
    const each = caseOf(seed);
    // Lowering twice takes most of the time: every fourth graph.
    const result = compiled(each, seed % 4 === 0);
    if (isRefused(result)) {
      increase(tally.refused, result.refused.replace(/(?<!QC)\b-?\d+(\.\d+)?(e-?\d+)?\b/g, "#").slice(0, 160));
      return undefined;
    }
    tally.compiled++;
    increase(tally.schedules, scheduleName(result.plan));
    for (const operator of new Set(each.operators)) increase(tally.operators, operator);
    return { each, compiled: result };
  } catch (error) {
    tally.failures.push({ seed, engine: interpreter, reason: reasonOf(error) });
    return undefined;
  }
}

async function judge({ each, compiled: graph }: Waiting, runtime: RuntimeWitness, tally: Tally): Promise<void> {
  try {
    const { verdict, level, detail } = await runtime.judge(each, graph);
    increase(tally.witnessed, `${verdict} (${level})`);
    if (verdict === "different") tally.doubtful.push({ seed: each.seed, engine: "onnxruntime", reason: detail });
  } catch (error) {
    // The graph was made for one family; another may refuse it.
    if (!(error instanceof QcError)) throw error;
    increase(tally.witnessed, "refused here");
  }
}

function accepts(engine: BatchEngine, { each, compiled: graph }: Waiting, tally: Tally): boolean {
  try {
    const answer = orRefused(() => {
      engine.check(graph);
      return {};
    });
    if (isRefused(answer)) increase(tally.unsupported, `${engine.name} ${answer.refused.slice(0, 6)}`);
    return !isRefused(answer);
  } catch (error) {
    tally.failures.push({ seed: each.seed, engine: engine.name, reason: reasonOf(error) });
    return false;
  }
}

/** Runs a batch; when its build or its run fails, halves find the graphs that make it fail. */
async function flush(engine: BatchEngine, batch: readonly Waiting[], tally: Tally): Promise<void> {
  try {
    const reasons = await engine.run(batch.map(({ compiled: graph }) => graph));
    reasons.forEach((reason, i) => {
      increase(tally.compared, engine.name);
      const { each, compiled: graph } = batch[i]!;
      for (const kernel of engine.name === "host" ? kernelsOf(graph) : [])
        if (!tally.kernels.has(kernel)) tally.kernels.set(kernel, each.seed);
      if (reason) tally.failures.push({ seed: batch[i]!.each.seed, engine: engine.name, reason });
    });
  } catch (error) {
    if (batch.length === 1) {
      tally.failures.push({ seed: batch[0]!.each.seed, engine: engine.name, reason: reasonOf(error) });
      return;
    }
    const before = tally.failures.length;
    const half = batch.length >> 1;
    await flush(engine, batch.slice(0, half), tally);
    await flush(engine, batch.slice(half), tally);
    // A build that fails only as a whole is an error of the engine here, and would cost a build per graph unnoticed.
    if (tally.failures.length === before)
      tally.failures.push({ seed: batch[0]!.each.seed, engine: engine.name, reason: `together: ${reasonOf(error)}` });
  }
}

/** The functions that a graph's layers share, without the numbers that end their names: a shift, and how many outputs are unrolled. */
export function kernelsOf({ plan, core }: Compiled): string[] {
  const functions = emitC(plan, core)
    .get("model.c")!
    .matchAll(/^QC_SHARED void (\w+?)(?:_\d\d)?(?:_\d)?\(/gm);
  return [...new Set([...functions].map(([, name]) => `${core.name} ${name!.replace(/_unrolled_\d+$/, "_unrolled")}`))];
}

/** Why a graph fails in an engine; undefined when it does not. */
async function failureOf(graph: RandomGraph, engine: BatchEngine | undefined): Promise<string | undefined> {
  try {
    const result = compiled(graph);
    if (isRefused(result) || !engine) return undefined;
    if (isRefused(orRefused(() => ({ done: engine.check(result) })))) return undefined;
    const [reason] = await engine.run([result]);
    return reason;
  } catch (error) {
    return reasonOf(error);
  }
}

export interface Shrunk {
  readonly reason: string;
  readonly graph: RandomGraph;
  /** fast-check's path from the seed to the smallest failing graph. */
  readonly path: string;
}

/** The smallest graph that fails like the case of `seed`, found within `milliseconds`. */
export async function shrink(
  { seed, engine: name }: Failure,
  engines: readonly BatchEngine[],
  milliseconds: number,
): Promise<Shrunk | undefined> {
  const engine = engines.find((each) => each.name === name);
  const property = fc.asyncProperty(
    recipes,
    async (recipe) => (await failureOf(randomGraph(recipe), engine)) === undefined,
  );
  const details = await fc.check(property, { seed, numRuns: 1, interruptAfterTimeLimit: milliseconds });
  if (!details.counterexample) return undefined;
  const graph = randomGraph(details.counterexample[0]);
  return { graph, path: details.counterexamplePath ?? "", reason: (await failureOf(graph, engine)) ?? "gone" };
}

/** The graph as it is read, as --print-after=import shows it; the reason where it cannot be read. */
export function printed({ bytes }: RandomGraph): string {
  try {
    return printForm(importModel(bytes, "model"));
  } catch (error) {
    return `${reasonOf(error)}\n`;
  }
}
