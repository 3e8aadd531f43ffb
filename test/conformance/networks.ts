/** Networks: recorded outputs where there are some, else ONNX Runtime on seeded inputs. */
import { typeRange } from "../../compiler/ir/types.js";
import { xorshiftBytes } from "../../compiler/verify/vectors.js";
import { type Attempt, attempt } from "./attempt.js";
import { type Compiled, compileModel, fromCodes } from "./border.js";
import type { Case, Outcome, Verdict } from "./case.js";
import { type Comparison, compareOutputs, isEqual } from "./compare.js";
import { type DenseTensor, isReal } from "./element-types.js";
import { feedsOf } from "./node-vectors.js";
import type { Oracle, OracleAnswer } from "./oracle.js";
import { type GraphValue, ModelFile } from "./protobuf.js";

type Feeds = ReadonlyMap<string, DenseTensor>;

/** A model whose inputs all have numbers for dimensions, with the inputs that stay inputs. */
interface Variant {
  readonly bytes: Uint8Array;
  readonly inputs: readonly (GraphValue & { readonly dims: readonly number[] })[];
}

const sizeOf = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

/** Vectors per network; fewer where one has many elements. */
const vectorCount = 4;
const manyElements = 2 ** 18;

/** Files with larger inputs are not run here. */
const tooManyElements = 2 ** 24;

/** A symbolic batch is 1, any other symbolic dimension 4, or 1 where inputs would be large; the same name means the same size everywhere. */
function pinned(values: readonly GraphValue[]): (GraphValue & { readonly dims: readonly number[] })[] {
  const batch = values[0]?.dims[0];
  const withSize = (size: number) =>
    values.map((value) => ({
      ...value,
      dims: value.dims.map((dim, axis) => {
        if (typeof dim === "number" && dim > 0) return dim;
        return axis === 0 && (dim === batch || typeof dim === "number") ? 1 : size;
      }),
    }));
  const usual = withSize(4);
  return usual.some(({ dims }) => sizeOf(dims) > manyElements) ? withSize(1) : usual;
}

/** Seeded values that suit a declared type: codes over the whole type, reals around zero, small positive scales. */
function seededTensor({ name, type = "float", dims }: Variant["inputs"][number], seed: number): DenseTensor {
  const noise = xorshiftBytes(seed, sizeOf(dims));
  const isScale = isReal(type) && /scale/i.test(name);
  const limits: Readonly<Record<string, number>> = { uint8: 0, bool: 0 };
  const values = Float64Array.from(noise, (byte) => {
    if (isScale) return 2 ** -((byte % 4) + 4);
    if (isReal(type)) return (byte - 128) / 64;
    return type === "bool" ? byte & 1 : byte + (limits[type] ?? -128);
  });
  return { type, dims, values };
}

/** The model as it is, and with every input but the first bound to seeded constants. */
function variantsOf(bytes: Uint8Array): Variant[] {
  const plain = new ModelFile(bytes);
  const inputs = pinned(plain.inputs);
  for (const { name, dims } of inputs) plain.pin(name, dims);
  const variants = [{ bytes: plain.bytes(), inputs }];
  if (inputs.length > 1) {
    const bound = new ModelFile(bytes);
    for (const [i, value] of inputs.entries()) {
      if (i === 0) bound.pin(value.name, value.dims);
      else bound.bind(value.name, seededTensor(value, i));
    }
    variants.push({ bytes: bound.bytes(), inputs: inputs.slice(0, 1) });
  }
  return variants;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly reason?: string | undefined;
  readonly comparisons: readonly Comparison[];
}

/** Judges one ONNX network. */
export async function judgeNetwork(item: Case, oracle: Oracle): Promise<Outcome> {
  const { corpus, name } = item;
  const records = item.recorded?.();
  let variants = variantsOf(item.read());
  if (records?.[0]) {
    const model = new ModelFile(item.read());
    const feeds = feedsOf(model.inputs, records[0]);
    const inputs = model.inputs.map((value) => ({ ...value, dims: shapeOf(value, feeds.get(value.name)) }));
    for (const { name: input, dims } of inputs) model.pin(input, dims);
    variants = [{ bytes: model.bytes(), inputs }];
  }
  if (variants[0]!.inputs.some(({ dims }) => sizeOf(dims) > tooManyElements)) {
    const compiled = attempt(() => compileModel(variants[0]!.bytes, "exact"));
    if (compiled.kind !== "done")
      return { corpus, name, runtime: "not run", ...compiled, verdict: compiled.kind, comparisons: [] };
    return {
      corpus,
      name,
      runtime: "not run",
      verdict: "refused",
      reason: "compiles; too large to run here",
      comparisons: [],
    };
  }
  const seeds = (variant: Variant) =>
    new Map(variant.inputs.map((value, i) => [value.name, seededTensor(value, i + 1)]));
  const runtime = (await oracle.run(variants[0]!.bytes, seeds(variants[0]!), "all")).kind;
  const judgements: Judgement[] = [];
  for (const variant of variants) {
    const families: Attempt<Compiled>[] = ["onnxruntime", "exact"].map((numerics) =>
      attempt(() => compileModel(variant.bytes, numerics)),
    );
    const [fused, exact] = families as [Attempt<Compiled>, Attempt<Compiled>];
    if (exact.kind !== "done") judgements.push({ verdict: exact.kind, reason: exact.reason, comparisons: [] });
    else if (records) judgements.push(judgeRecorded(exact.value, variant, records));
    else judgements.push(await judgeAgainstOracle(fused, exact.value, variant, oracle));
    if (exact.kind === "done") break;
  }
  const best = judgements.find(({ verdict }) => verdict !== "refused") ?? judgements.at(-1)!;
  return { corpus, name, runtime, ...best };
}

/** The declared shape, its symbolic dimensions as recorded; NumPy records sometimes drop or add axes of length 1. */
function shapeOf({ dims }: GraphValue, tensor: DenseTensor | undefined): readonly number[] {
  if (tensor && dims.length === tensor.dims.length) return tensor.dims;
  return dims.map((dim) => (typeof dim === "number" && dim > 0 ? dim : 1));
}

function judgeRecorded(
  compiled: Compiled,
  variant: Variant,
  records: ReturnType<NonNullable<Case["recorded"]>>,
): Judgement {
  const ran = attempt(() =>
    records.map((record) => {
      const feeds = feedsOf(variant.inputs, record);
      // The graph says which shape an output has; the record only has to have as many values.
      const expected = record.outputs.map((tensor, i) => ({
        ...tensor,
        dims: compiled.outputs[i]?.shape ?? tensor.dims,
      }));
      return { codes: compiled.run(feeds), expected };
    }),
  );
  if (ran.kind !== "done") return { verdict: "crashed", reason: `interpreter: ${ran.reason}`, comparisons: [] };
  const comparison = compareOutputs("recorded", "exact", compiled, ran.value);
  const { values, equal, largest } = comparison;
  if (isEqual(comparison)) return { verdict: "equal", comparisons: [comparison] };
  const reason = `${values - equal} of ${values} recorded values differ, by up to ${largest} steps`;
  return { verdict: "failed", reason, comparisons: [comparison] };
}

async function judgeAgainstOracle(
  fused: Attempt<Compiled>,
  exact: Compiled,
  variant: Variant,
  oracle: Oracle,
): Promise<Judgement> {
  const big = variant.inputs.some(({ dims }) => sizeOf(dims) > manyElements);
  const vectors = Array.from({ length: big ? 1 : vectorCount }, (_, i) => vectorFor(exact, variant, i));
  const witnesses = {
    all: await answers(variant, vectors, oracle, "all"),
    disabled: await answers(variant, vectors, oracle, "disabled"),
  };
  const comparisons: Comparison[] = [];
  for (const [numerics, compiled] of [
    ["onnxruntime", fused],
    ["exact", { kind: "done", value: exact }],
  ] as const) {
    if (compiled.kind !== "done") continue;
    const ran = attempt(() => vectors.map((vector) => compiled.value.run(vector)));
    if (ran.kind !== "done") return { verdict: "crashed", reason: `interpreter: ${ran.reason}`, comparisons };
    for (const [level, witness] of [
      ["fused operators", witnesses.all],
      ["float kernels", witnesses.disabled],
    ] as const) {
      if (!witness) continue;
      const runs = ran.value.map((codes, i) => ({ codes, expected: witness[i]! }));
      comparisons.push(compareOutputs(`ONNX Runtime, ${level}`, numerics, compiled.value, runs));
    }
  }
  if (comparisons.length === 0)
    return { verdict: "refused", reason: "no witness: ONNX Runtime does not run it", comparisons };
  if (comparisons.some(isEqual)) return { verdict: "equal", comparisons };
  const own = selfDifference(exact, witnesses.all, witnesses.disabled);
  const best = comparisons.reduce((a, b) =>
    b.largest < a.largest || (b.largest === a.largest && b.equal > a.equal) ? b : a,
  );
  const share = `${((100 * best.equal) / best.values).toFixed(2)} % equal, at most ${best.largest} steps apart`;
  if (best.largest <= 1 && best.values - best.equal <= best.values / 200) {
    return { verdict: "close", reason: `float kernels round near ties: ${share}`, comparisons };
  }
  if (own !== undefined && own.largest >= best.largest && own.equal <= best.equal) {
    return {
      verdict: "close",
      reason: `ONNX Runtime differs from itself by as much between optimisation levels: ${share}`,
      comparisons,
    };
  }
  return { verdict: "failed", reason: share, comparisons };
}

/** Random codes, given as the reals they stand for where the input is real. */
function vectorFor(compiled: Compiled, variant: Variant, index: number): Feeds {
  return new Map(
    variant.inputs.map((value, at) => {
      const tensor = compiled.inputs.find(({ name }) => name === value.name);
      if (!tensor) return [value.name, seededTensor(value, at + 1)];
      const { lo, hi } = typeRange(tensor.type);
      const noise = xorshiftBytes(0x12345678 + index * 0x9e3779b9 + at, sizeOf(value.dims));
      const codes = Int32Array.from(noise, (byte) => lo + (byte % (hi - lo + 1)));
      const type = value.type ?? "float";
      return [value.name, { type, dims: value.dims, values: fromCodes(tensor, codes, type) }];
    }),
  );
}

async function answers(
  { bytes }: Variant,
  vectors: readonly Feeds[],
  oracle: Oracle,
  level: "all" | "disabled",
): Promise<(readonly DenseTensor[])[] | undefined> {
  const outputs: (readonly DenseTensor[])[] = [];
  for (const vector of vectors) {
    const answer: OracleAnswer = await oracle.run(bytes, vector, level);
    if (answer.kind !== "runs") return undefined;
    outputs.push(answer.outputs);
  }
  return outputs;
}

/** How far ONNX Runtime is from itself: its fused operators against its float kernels, in steps of the outputs. */
function selfDifference(
  compiled: Compiled,
  fused: (readonly DenseTensor[])[] | undefined,
  float: (readonly DenseTensor[])[] | undefined,
): { largest: number; equal: number } | undefined {
  if (!fused || !float) return undefined;
  let [largest, equal] = [0, 0];
  for (const [run, outputs] of fused.entries()) {
    for (const [i, { type, values }] of outputs.entries()) {
      const step = isReal(type) ? (compiled.outputs[i]?.quantization.scales[0] ?? 1) : 1;
      const other = float[run]![i]!.values;
      for (const [k, value] of values.entries()) {
        if (value === other[k]) equal++;
        else largest = Math.max(largest, Math.abs(value - other[k]!) / step);
      }
    }
  }
  return { largest, equal };
}
