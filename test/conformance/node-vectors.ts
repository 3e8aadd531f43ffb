/**
 * Node vectors of the ONNX standard. All operands are graph inputs there; what qcompile needs as constants is bound to its recorded
 * value. Vectors of real operators are wrapped: QuantizeLinear and DequantizeLinear around each real operand and result.
 */
import { attempt } from "./attempt.js";
import { type Compiled, compileModel } from "./border.js";
import { type Case, type Judgement, type Outcome, type Recorded, worstOf } from "./case.js";
import { compareOutputs, differenceText, isEqual } from "./compare.js";
import { type DenseTensor, isReal } from "./element-types.js";
import type { Oracle } from "./oracle.js";
import { type GraphValue, ModelFile } from "./protobuf.js";
import { type Scaling, scalings, wrapModel } from "./wrap.js";

/** How the operands beyond the first are given. */
interface Binding {
  readonly name: string;
  /** Whether the operand stays a graph input; the first always does. */
  stays(value: GraphValue, tensor: DenseTensor): boolean;
  /** Whether a real constant is quantized. */
  readonly quantizeConstants: boolean;
}

const allData: Binding = { name: "operands as inputs", stays: () => true, quantizeConstants: false };
const codesData: Binding = {
  name: "codes as inputs",
  stays: (_, { type, dims }) => (type === "int8" || type === "uint8") && dims.length >= 2,
  quantizeConstants: false,
};
const constants: Binding = { name: "operands as constants", stays: () => false, quantizeConstants: false };
const quantized: Binding = { name: "operands as quantized constants", stays: () => false, quantizeConstants: true };

/** One way of asking qcompile about a vector. */
interface Question {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly inputs: ReadonlyMap<string, DenseTensor>;
  /** The wrapped model with the reals before quantization as additional outputs; undefined when it is asked as it is. */
  readonly wrapped?: { readonly oracleBytes: Uint8Array; readonly scaling: Scaling };
}

/** Judges one vector. */
export async function judgeNodeVector(item: Case, oracle: Oracle): Promise<Outcome> {
  const bytes = item.read();
  const [record] = item.recorded?.() ?? [];
  const { corpus, name } = item;
  if (!record) return { corpus, name, runtime: "not run", ...judgeUnread(bytes) };
  const { inputs } = new ModelFile(bytes);
  if (inputs.some(({ type }) => type === undefined))
    return { corpus, name, runtime: "not run", ...judgeUntyped(bytes) };
  const feeds = feedsOf(inputs, record);
  const runtime = (await oracle.run(bytes, feeds, "all")).kind;
  const answers: Judgement[] = [];
  for (const question of questions(bytes, record, feeds)) answers.push(await answer(question, record, oracle));
  return { corpus, name, runtime, ...worstOf(answers) };
}

/** Older vectors hold bfloat16 inputs as bare bit patterns of another type. */
function judgeUntyped(bytes: Uint8Array): Judgement {
  const compiled = attempt(() => compileModel(bytes, "exact"));
  if (compiled.kind !== "done") return { verdict: compiled.kind, reason: compiled.reason, comparisons: [] };
  return { verdict: "refused", reason: "no witness: the record does not say what its bits mean", comparisons: [] };
}

function judgeUnread(bytes: Uint8Array): Judgement {
  const compiled = attempt(() => compileModel(bytes, "exact"));
  if (compiled.kind !== "done") return { verdict: compiled.kind, reason: compiled.reason, comparisons: [] };
  return { verdict: "failed", reason: "compiles, but the recorded vectors cannot be read", comparisons: [] };
}

/** Recorded inputs by the names of the model's inputs; records of node vectors carry the names too, older ones not always. */
export function feedsOf(values: readonly GraphValue[], { inputs }: Recorded): Map<string, DenseTensor> {
  const named = new Map(inputs.map((tensor) => [tensor.name, tensor]));
  return new Map(
    values.flatMap(({ name }, i) => {
      const tensor = named.get(name) ?? inputs[i];
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
}

function questions(bytes: Uint8Array, record: Recorded, feeds: ReadonlyMap<string, DenseTensor>): Question[] {
  const model = new ModelFile(bytes);
  const isQuantized = model.opTypes.some((opType) => /Quantize|QLinear|Integer/.test(opType));
  const real = !isQuantized && [...feeds.values()].some(({ type }) => isReal(type));
  const bindings = real ? [allData, constants, quantized] : [codesData, constants];
  const seen = new Set<string>();
  return bindings.flatMap((binding) => {
    const bound = new ModelFile(bytes);
    const inputs = new Map<string, DenseTensor>();
    const kept: string[] = [];
    for (const [i, value] of bound.inputs.entries()) {
      const tensor = feeds.get(value.name);
      if (!tensor) continue;
      const isData = i === 0 || (binding.stays(value, tensor) && (!real || isReal(tensor.type)));
      if (isData) {
        bound.pin(value.name, tensor.dims);
        // NaN has no code, and runtimes disagree on the codes of infinities.
        const values = tensor.values.map((each) => (real && !Number.isFinite(each) ? 0 : each));
        inputs.set(value.name, { ...tensor, values });
      } else bound.bind(value.name, tensor);
      kept.push(isData ? "input" : "constant");
    }
    const key = [...kept, binding.quantizeConstants && bound.realConstants.size > 0].join();
    if (seen.has(key)) return [];
    seen.add(key);
    if (!real) return [{ name: binding.name, bytes: bound.bytes(), inputs }];
    const wrap = (scaling: Scaling, keepReal: boolean) =>
      wrapModel(bound.bytes(), inputs, record.outputs, scaling, {
        keepReal,
        quantizeConstants: binding.quantizeConstants,
      });
    return scalings.map((scaling) => ({
      name: `${binding.name}, ${scaling.name}`,
      inputs,
      bytes: wrap(scaling, false),
      wrapped: {
        oracleBytes: wrap(scaling, true),
        scaling,
      },
    }));
  });
}

async function answer(question: Question, record: Recorded, oracle: Oracle): Promise<Judgement> {
  const compiled = attempt(() => compileModel(question.bytes, "exact"));
  if (compiled.kind !== "done") return { verdict: compiled.kind, reason: compiled.reason, comparisons: [] };
  const ran = attempt(() => compiled.value.run(question.inputs));
  if (ran.kind !== "done") return { verdict: "crashed", reason: `interpreter: ${ran.reason}`, comparisons: [] };
  if (!question.wrapped) {
    const runs = [{ codes: ran.value, expected: record.outputs }];
    const comparison = compareOutputs("recorded", "exact", compiled.value, runs);
    if (isEqual(comparison)) return { verdict: "equal", comparisons: [comparison] };
    return { verdict: "failed", reason: `${question.name}: ${differenceText(comparison)}`, comparisons: [comparison] };
  }
  return judgeWrapped(question, compiled.value, ran.value, record, oracle);
}

/** A float kernel may round the other way only where the real value is this close to a tie, relative to its size. */
const tieDistance = 2 ** -16;

async function judgeWrapped(
  { name, inputs, wrapped }: Question,
  compiled: Compiled,
  codes: readonly Int32Array[],
  record: Recorded,
  oracle: Oracle,
): Promise<Judgement> {
  const witness = await oracle.run(wrapped!.oracleBytes, inputs, "disabled");
  if (witness.kind !== "runs") {
    return {
      verdict: "refused",
      reason: `no witness: ONNX Runtime ${witness.kind} (${witness.reason})`,
      comparisons: [],
    };
  }
  const expected = witness.outputs.slice(0, record.outputs.length);
  const comparison = compareOutputs("ONNX Runtime, float kernels", "exact", compiled, [{ codes, expected }]);
  if (isEqual(comparison)) return { verdict: "equal", comparisons: [comparison] };
  const reals = new Map(witness.outputs.map((output) => [output.name, output.values]));
  const far = expected.some((output, i) => {
    const scale = compiled.outputs[i]!.quantization.scales[0]!;
    const source = reals.get(output.name.replace(/\/codes$/, ""));
    return output.values.some((value, k) => {
      if (value === codes[i]![k]) return false;
      const steps = (source?.[k] ?? 0) / scale;
      const fromTie = Math.abs(Math.abs(steps - Math.floor(steps)) - 0.5);
      return Math.abs(value - codes[i]![k]!) > 1 || fromTie > tieDistance * Math.max(1, Math.abs(steps));
    });
  });
  if (far) return { verdict: "failed", reason: `${name}: ${differenceText(comparison)}`, comparisons: [comparison] };
  return { verdict: "close", reason: "a float kernel rounds within 2^-16 of a tie", comparisons: [comparison] };
}
