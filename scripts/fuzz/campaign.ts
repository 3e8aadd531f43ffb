/** Runs damaged models through the compiler up to the Plan; whatever the bytes, the answer is a Compilation or a coded refusal. */
import { compile } from "../../compiler/compile.js";
import { exitCode, QcError } from "../../compiler/diagnostics.js";
import { Random } from "../../test/hdl/graphs.js";
import type { Sample } from "./corpus.js";
import { mutateOnnx } from "./onnx-fields.js";
import { byteMutations, type Mutation, mutateField, mutateWord, pick } from "./wire.js";

/** Case `number` of a seed: the same corpus gives the same bytes. */
export interface Case {
  readonly number: number;
  readonly sample: string;
  readonly bytes: Uint8Array;
}

export interface Limits {
  /** Processor time of one case, and the process's memory. */
  readonly seconds: number;
  readonly megabytes: number;
}

/** murmur3's finalizer: neighbouring numbers become unrelated seeds. */
function mixed(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

export class Corpus {
  private readonly cumulated: number[] = [];

  /** Small samples come more often: the bulk of the cases is quick. */
  constructor(private readonly samples: readonly Sample[]) {
    let sum = 0;
    for (const { bytes, weight } of samples) {
      sum += weight / (400 + bytes.length);
      this.cumulated.push(sum);
    }
  }

  private choose(random: Random): Sample {
    const target = random.next() * this.cumulated.at(-1)!;
    return this.samples[this.cumulated.findIndex((sum) => sum > target)] ?? this.samples.at(-1)!;
  }

  /** The case of that number. */
  case(seed: number, number: number): Case {
    const random = new Random(mixed(mixed(seed) ^ number));
    const { name, bytes, tflite } = this.choose(random);
    const other = this.choose(random).bytes;
    const mutations: readonly Mutation[] = tflite
      ? [mutateWord, mutateWord, pick(random, byteMutations)]
      : [mutateOnnx, mutateOnnx, mutateField, pick(random, byteMutations)];
    const mutate = pick(random, mutations);
    let edited = mutate(bytes, random, other);
    for (let k = random.integer(0, 2); k > 0; k--) edited = mutate(edited, random, other);
    return { number, sample: name, bytes: edited };
  }
}

/** "accepted" or the first code. Throws what no input may bring about: another error, a code that does not blame the model, excess. */
export function outcome(bytes: Uint8Array, limits: Limits): string {
  const start = performance.now();
  const answer = answerTo(bytes);
  const elapsed = (performance.now() - start) / 1000;
  // The clock is cheap and the system's accounts are not: these are asked only where they could say anything.
  if (elapsed < 0.02) return answer;
  const seconds = elapsed > limits.seconds ? processorSeconds(() => answerTo(bytes)) : 0;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  if (seconds > limits.seconds) throw new Error(`took ${seconds.toFixed(1)} s, ended as ${answer}`);
  if (megabytes > limits.megabytes) throw new Error(`took ${megabytes.toFixed(0)} MB, ended as ${answer}`);
  return answer;
}

/** Time the processor spends, which a loaded machine does not stretch. */
function processorSeconds(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function answerTo(bytes: Uint8Array): string {
  try {
    compile(bytes);
    return "accepted";
  } catch (error) {
    if (!(error instanceof QcError)) throw error;
    if (error.diagnostics.length === 0) throw new Error("an error without diagnostics");
    const exits = error.diagnostics.map((each) => new QcError([each]).exitCode);
    const other = exits.find((exit) => exit !== exitCode.unsupported);
    if (other !== undefined) throw new Error(`exit code ${other}: ${error.message}`);
    return error.diagnostics[0]!.code;
  }
}

/** A case that the compiler did not answer as it must. */
export class Failure extends Error {
  constructor(
    readonly failed: Case,
    seed: number,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.stack : String(cause);
    super(`seed ${seed}, case ${failed.number}, from ${failed.sample}: ${reason}`);
  }
}

/** Runs cases `first` up to `first + runs`; returns how often each outcome came. Throws a Failure at the first bad one. */
export function campaign(
  corpus: Corpus,
  { seed, first = 0, runs, limits }: { seed: number; first?: number; runs: number; limits: Limits },
  onCase: (done: number) => void = () => {},
): Map<string, number> {
  const outcomes = new Map<string, number>();
  for (let number = first; number < first + runs; number++) {
    const each = corpus.case(seed, number);
    try {
      const code = outcome(each.bytes, limits);
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
    } catch (error) {
      throw new Failure(each, seed, error);
    }
    onCase(number - first + 1);
  }
  return outcomes;
}
