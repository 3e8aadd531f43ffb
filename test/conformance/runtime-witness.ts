/** ONNX Runtime as the witness of a network: its fused integer operators, and its float kernels between quantizations. */
import { type Attempt, attempt } from "./attempt.js";
import { type Compiled, compileModel, stepOf } from "./border.js";
import type { Judgement } from "./case.js";
import { type Comparison, closeness, compareOutputs, isEqual, shareText } from "./compare.js";
import type { DenseTensor } from "./element-types.js";
import type { Variant } from "./networks.js";
import type { OptimizationLevel, Oracle } from "./oracle.js";
import { type Feeds, manyElements, seededCodes, sizeOf } from "./seeded.js";

/** Vectors per network; one where an input is large. */
const vectorCount = 4;

/** Outputs of each vector. */
type Outputs = readonly (readonly DenseTensor[])[];

/** The family that is defined by a way of running, and how that way is called in reports. */
const ways = [
  { level: "all", witness: "ONNX Runtime, fused operators", family: "onnxruntime" },
  { level: "disabled", witness: "ONNX Runtime, float kernels", family: "exact" },
] as const;

/**
 * Compares both families with both ways of running, on seeded vectors unless some are given; equal when a family equals its own way in
 * every value.
 */
export async function judgeByRuntime(
  variant: Variant,
  oracle: Oracle,
  given: readonly Feeds[] = [],
): Promise<Judgement> {
  const compileAs = (numerics: string) => attempt(() => compileModel(variant.bytes, numerics, variant.codes));
  const exact = compileAs("exact");
  if (exact.kind !== "done") return { verdict: exact.kind, reason: exact.reason, comparisons: [] };
  const fused = compileAs("onnxruntime");
  const count = variant.inputs.some(({ dims }) => sizeOf(dims) > manyElements) ? 1 : vectorCount;
  const seeded = () => Array.from({ length: count }, (_, i) => seededCodes(exact.value, variant.inputs, i));
  const vectors = given.length > 0 ? given : seeded();
  const answers = new Map<string, Outputs>();
  for (const { level, witness } of ways) {
    const outputs = await outputsOf(variant.witnessBytes, vectors, oracle, level);
    if (outputs) answers.set(witness, outputs);
  }
  if (answers.size === 0) {
    return { verdict: "refused", reason: "no witness: ONNX Runtime does not run it", comparisons: [] };
  }
  const comparisons: Comparison[] = [];
  const families: [string, Attempt<Compiled>][] = [
    ["onnxruntime", fused],
    ["exact", exact],
  ];
  for (const [numerics, compiled] of families) {
    if (compiled.kind === "crashed") return { verdict: "crashed", reason: compiled.reason, comparisons };
    if (compiled.kind !== "done") continue;
    const ran = attempt(() => vectors.map((vector) => compiled.value.run(vector)));
    if (ran.kind !== "done") return { verdict: "crashed", reason: `interpreter: ${ran.reason}`, comparisons };
    for (const [witness, outputs] of answers) {
      const runs = ran.value.map((codes, i) => ({ codes, expected: outputs[i]! }));
      comparisons.push(compareOutputs(witness, numerics, compiled.value, runs));
    }
  }
  const all = [...answers.values()];
  return {
    ...judgeComparisons(comparisons, ownDifference(exact.value, all), all[0]![0]!, exact.value.wide),
    comparisons,
  };
}

/** Near ties, float kernels round one value in so many the other way. */
const rareShare = 1 / 200;

/** Layers of 16-bit codes in a row: float32 sums of their products are rounded, and few values stay exact. */
const [twoSteps, wideShare] = [2.01, 1 / 20];

/** One step, and what float32 makes of it where codes have 16 bits. */
const oneStep = 1.01;

/**
 * Close is either rare differences of one step (two, and fewer rare, with 16-bit codes), or no more than what the witness differs from itself between its two ways
 * of running: there its values are not defined bit by bit.
 */
function judgeComparisons(
  comparisons: readonly Comparison[],
  own: Pick<Comparison, "values" | "equal" | "largest"> | undefined,
  outputs: readonly DenseTensor[],
  wide: boolean,
): Omit<Judgement, "comparisons"> {
  const proper = comparisons.filter((c) =>
    ways.some(({ witness, family }) => c.witness === witness && c.numerics === family),
  );
  const candidates = proper.length > 0 ? proper : comparisons;
  if (candidates.some(isEqual)) return { verdict: "equal" };
  const best = candidates.reduce((a, b) =>
    b.largest < a.largest || (b.largest === a.largest && b.equal > a.equal) ? b : a,
  );
  const why = closeness(best, outputs);
  if (why !== undefined) return { verdict: "close", reason: why };
  const text = `${best.numerics}: ${shareText(best)}`;
  if (best.largest <= oneStep && best.values - best.equal <= best.values * rareShare) {
    return { verdict: "close", reason: `float kernels round near ties; ${text}` };
  }
  if (wide && best.largest <= twoSteps && best.values - best.sameCode <= best.values * wideShare) {
    return { verdict: "close", reason: `float kernels round sums of 16-bit codes; ${text}` };
  }
  if (own && best.largest <= own.largest && best.equal >= own.equal) {
    return { verdict: "close", reason: `ONNX Runtime differs more from itself (${shareText(own)}); ${text}` };
  }
  return { verdict: "failed", reason: text };
}

async function outputsOf(
  bytes: Uint8Array,
  vectors: readonly Feeds[],
  oracle: Oracle,
  level: OptimizationLevel,
): Promise<Outputs | undefined> {
  const outputs: (readonly DenseTensor[])[] = [];
  for (const vector of vectors) {
    const answer = await oracle.run(bytes, vector, level);
    if (answer.kind !== "runs") return undefined;
    outputs.push(answer.outputs);
  }
  return outputs;
}

/** How far the witness is from itself between its two ways of running. */
function ownDifference(
  compiled: Compiled,
  [fused, float]: readonly Outputs[],
): Pick<Comparison, "values" | "equal" | "largest"> | undefined {
  if (!fused || !float) return undefined;
  let [values, equal, largest] = [0, 0, 0];
  for (const [run, outputs] of fused.entries()) {
    for (const [i, tensor] of outputs.entries()) {
      const output = compiled.outputs[i];
      const step = output ? stepOf(output, tensor.type) : 1;
      values += tensor.values.length;
      for (const [k, value] of tensor.values.entries()) {
        const other = float[run]![i]!.values[k]!;
        if (value === other) equal++;
        else largest = Math.max(largest, Math.abs(value - other) / step);
      }
    }
  }
  return { values, equal, largest };
}
