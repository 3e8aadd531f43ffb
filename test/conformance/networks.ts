/** Networks: recorded outputs where there are some, else ONNX Runtime on seeded inputs. */
import { attempt } from "./attempt.js";
import { codeTypeOf, compileModel, type StatedInputs } from "./border.js";
import { type Case, type Judgement, type Outcome, type Recorded, worstOf } from "./case.js";
import { closeness, compareOutputs, differenceText, isEqual } from "./compare.js";
import { type DenseTensor, isReal } from "./element-types.js";
import { feedsOf } from "./node-vectors.js";
import type { Oracle } from "./oracle.js";
import { type GraphValue, ModelFile } from "./protobuf.js";
import { judgeByRuntime } from "./runtime-witness.js";
import { type FixedValue, seededFeeds, seededTensor, sizeOf, withFixedDims } from "./seeded.js";
import { statedInputs } from "./stated-inputs.js";

/** A model whose inputs all have numbers for dimensions. */
export interface Variant {
  readonly bytes: Uint8Array;
  /** The same network for ONNX Runtime. */
  readonly witnessBytes: Uint8Array;
  readonly inputs: readonly FixedValue[];
  /** Of inputs whose recorded values are whole numbers, and of those in stated-inputs.ts. */
  readonly codes?: StatedInputs;
}

/** Files with larger inputs are compiled, but not run. */
const tooManyElements = 2 ** 24;

/** Judges one ONNX network. */
export async function judgeNetwork(item: Case, oracle: Oracle): Promise<Outcome> {
  const { corpus, name } = item;
  const records = item.recorded?.() ?? [];
  const variants = records[0] ? [recordedVariant(item, records[0])] : seededVariants(item);
  const { bytes, inputs } = variants[0]!;
  if (inputs.some(({ dims }) => sizeOf(dims) > tooManyElements)) {
    const compiled = attempt(() => compileModel(bytes, "exact"));
    const reason = compiled.kind === "done" ? "compiles; too large to run here" : compiled.reason;
    const verdict = compiled.kind === "done" ? "refused" : compiled.kind;
    return { corpus, name, runtime: "not run", verdict, reason, comparisons: [] };
  }
  const runtime = (await oracle.run(bytes, seededFeeds(inputs), "all")).kind;
  const judgements: Judgement[] = [];
  for (const variant of variants) {
    judgements.push(
      records.length > 0 ? await judgeRecorded(variant, records, oracle) : await judgeByRuntime(variant, oracle),
    );
    if (judgements.at(-1)!.verdict !== "refused") break;
  }
  return { corpus, name, runtime, ...worstOf(judgements) };
}

/** The model as it is, and with every input but the first bound to a seeded constant. */
function seededVariants({ corpus, name, read, witness = read }: Case): Variant[] {
  const inputs = withFixedDims(new ModelFile(read()).inputs);
  const edited = (file: () => Uint8Array, bind: boolean) => {
    const model = new ModelFile(file());
    for (const [i, value] of inputs.entries()) {
      if (bind && i > 0) model.bind(value.name, seededTensor(value, i));
      else model.pin(value.name, value.dims);
    }
    return model.bytes();
  };
  const stated = [...statedInputs(`${corpus}/${name}`)];
  const variant = (bind: boolean) => {
    const kept = bind ? inputs.slice(0, 1) : inputs;
    const codes = new Map(stated.filter(([own]) => kept.some((input) => input.name === own)));
    return { bytes: edited(read, bind), witnessBytes: edited(witness, bind), inputs: kept, codes };
  };
  return inputs.length > 1 ? [variant(false), variant(true)] : [variant(false)];
}

function recordedVariant({ read }: Case, record: Recorded): Variant {
  const model = new ModelFile(read());
  const feeds = feedsOf(model.inputs, record);
  const inputs = model.inputs.map((value) => ({ ...value, dims: recordedDims(value, feeds.get(value.name)) }));
  for (const { name, dims } of inputs) model.pin(name, dims);
  const quantization = { scales: [1], zeroPoints: [0] };
  const codes = new Map(
    model.inputs.flatMap(({ name, type = "" }) => {
      const tensor = feeds.get(name);
      const codeType = ["float", "int32", "int64"].includes(type) && tensor ? codeTypeOf(tensor) : undefined;
      return codeType ? [[name, { type: codeType, quantization }] as const] : [];
    }),
  );
  return { bytes: model.bytes(), witnessBytes: model.bytes(), inputs, codes };
}

/** The declared shape with its symbolic dimensions as recorded; records sometimes lack axes of length 1. */
function recordedDims({ dims }: GraphValue, tensor: DenseTensor | undefined): readonly number[] {
  if (tensor && dims.length === tensor.dims.length) return tensor.dims;
  return dims.map((dim) => (typeof dim === "number" && dim > 0 ? dim : 1));
}

async function judgeRecorded(variant: Variant, records: readonly Recorded[], oracle: Oracle): Promise<Judgement> {
  const { bytes, inputs, codes } = variant;
  const compiled = attempt(() => compileModel(bytes, "exact", codes));
  if (compiled.kind !== "done") return { verdict: compiled.kind, reason: compiled.reason, comparisons: [] };
  const { outputs, run } = compiled.value;
  const vectors = records.map((record) => {
    const feeds = [...feedsOf(inputs, record)];
    return new Map(
      feeds.map(([name, tensor]) => [name, inDeclaredOrder(tensor, inputs.find((one) => one.name === name)!)]),
    );
  });
  const counts = (shapes: readonly (readonly number[])[]) => shapes.map(sizeOf).join();
  const declared = new ModelFile(bytes).outputs;
  // Whole numbers where the network declares reals and has some between them.
  const rounds = ({ type }: DenseTensor, i: number) =>
    !isReal(type) && isReal(declared[i]?.type ?? type) && outputs[i]!.quantization.scales.some((scale) => scale < 1);
  const otherValues = (record: Recorded) =>
    counts(record.outputs.map(({ dims }) => dims)) !== counts(outputs.map(({ shape }) => shape)) ||
    record.outputs.some(rounds);
  // The record holds another layer's values, or those of another definition.
  if (records.some(otherValues)) return judgeByRuntime(variant, oracle, vectors.map(withDeclaredTypes(inputs)));
  const ran = attempt(() =>
    records.map((record, k) => {
      const expected = record.outputs.map((tensor, i) => ({ ...tensor, dims: outputs[i]!.shape }));
      return { codes: run(vectors[k]!), expected };
    }),
  );
  if (ran.kind !== "done") return { verdict: "crashed", reason: `interpreter: ${ran.reason}`, comparisons: [] };
  const comparison = compareOutputs("recorded", "exact", compiled.value, ran.value);
  if (isEqual(comparison)) return { verdict: "equal", comparisons: [comparison] };
  const why = closeness(comparison, records[0]!.outputs);
  if (why !== undefined) return { verdict: "close", reason: why, comparisons: [comparison] };
  return { verdict: "failed", reason: differenceText(comparison), comparisons: [comparison] };
}

/** Feeds whose values have the types that the network declares: records of integers in floats hold integers. */
const withDeclaredTypes = (inputs: readonly FixedValue[]) => (feeds: ReadonlyMap<string, DenseTensor>) =>
  new Map(
    [...feeds].map(([name, tensor]) => {
      const type = inputs.find((input) => input.name === name)?.type;
      return [name, { ...tensor, ...(type && { type }) }] as const;
    }),
  );

/** A record without its batch, given channels last for an input that is channels first, in the input's order. */
function inDeclaredOrder(tensor: DenseTensor, { dims }: FixedValue): DenseTensor {
  const [, channels = 1, height = 1, width = 1] = dims;
  const same = { ...tensor, dims };
  if (dims.length !== 4 || tensor.dims.join() !== [height, width, channels].join()) return same;
  const area = height * width;
  const values = tensor.values.map((_, i) => tensor.values[(i % area) * channels + Math.floor(i / area)]!);
  return { ...same, values };
}
