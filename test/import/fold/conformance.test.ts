/** Folds against the recorded inputs and outputs of ONNX's own operator tests. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import onnxProto from "onnx-proto";
import { expect, it } from "vitest";
import { QcError } from "../../../compiler/diagnostics.js";
import { foldNode } from "../../../compiler/import/fold/fold-node.js";
import { type OnnxModel, type OnnxTensor, readOnnx } from "../../../compiler/import/onnx.js";
import { dataPath, describeWithData } from "../../helpers/data.js";

const root = dataPath("onnx-conformance", "node");

/** The model's results by name, when folding knows every node. */
function evaluate(model: OnnxModel, inputs: readonly OnnxTensor[]): ReadonlyMap<string, OnnxTensor> | undefined {
  const values = new Map<string, OnnxTensor>(model.initializers);
  for (const [index, { name }] of model.inputs.entries()) values.set(name, inputs[index]!);
  for (const node of model.nodes) {
    const results = foldNode(
      node,
      node.inputs.map((name) => values.get(name)),
    );
    if (!results) return undefined;
    for (const [index, result] of results.entries()) values.set(node.outputs[index]!, result);
  }
  return values;
}

function float16(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 31
      ? fraction === 0
        ? Infinity
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

const bfloat16 = (bits: number) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;

/** Bytes and reading of one element, by ONNX type number: the types that folding computes with. */
const readers: Readonly<Record<number, readonly [number, (view: DataView, at: number) => number]>> = {
  1: [4, (view, at) => view.getFloat32(at, true)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [1, (view, at) => view.getInt8(at)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [2, (view, at) => view.getInt16(at, true)],
  6: [4, (view, at) => view.getInt32(at, true)],
  7: [8, (view, at) => Number(view.getBigInt64(at, true))],
  9: [1, (view, at) => view.getUint8(at)],
  10: [2, (view, at) => float16(view.getUint16(at, true))],
  11: [8, (view, at) => view.getFloat64(at, true)],
  12: [4, (view, at) => view.getUint32(at, true)],
  13: [8, (view, at) => Number(view.getBigUint64(at, true))],
  16: [2, (view, at) => bfloat16(view.getUint16(at, true))],
};

/** The recorded tensors `input_0`, `input_1`, ..; undefined when one has a type that folding does not compute with. */
function recorded(folder: string, kind: "input" | "output"): readonly OnnxTensor[] | undefined {
  const files = readdirSync(folder).filter((file) => file.startsWith(kind));
  const tensors = files.map((_, index) => {
    const proto = onnxProto.onnx.TensorProto.decode(readFileSync(`${folder}/${kind}_${index}.pb`));
    const reader = readers[Number(proto.dataType)];
    if (!reader) return undefined;
    const [bytes, read] = reader;
    const dims = (proto.dims ?? []).map(Number);
    const raw = proto.rawData ?? new Uint8Array(0);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const typed = [proto.floatData, proto.int32Data, proto.int64Data].flatMap((data) => Array.from(data ?? [], Number));
    const values =
      typed.length > 0 ? typed : Array.from({ length: raw.length / bytes }, (_, k) => read(view, k * bytes));
    expect(values.length).toBe(dims.reduce((a, b) => a * b, 1));
    return { name: proto.name ?? "", dataType: Number(proto.dataType), dims, values };
  });
  return tensors.every((tensor) => tensor !== undefined) ? (tensors as OnnxTensor[]) : undefined;
}

function readModel(path: string): OnnxModel | undefined {
  try {
    return readOnnx(readFileSync(path));
  } catch (error) {
    // Sequences, and element types that no model may hold here.
    if (error instanceof QcError) return undefined;
    throw error;
  }
}

interface Vector {
  readonly name: string;
  readonly model: OnnxModel;
  readonly results: ReadonlyMap<string, OnnxTensor>;
  readonly expected: readonly OnnxTensor[];
}

/** The vector with what folding makes of it; undefined where folding does not know a node or a type. */
function vector(name: string): Vector | undefined {
  const data = `${root}/${name}/test_data_set_0`;
  const model = readModel(`${root}/${name}/model.onnx`);
  const inputs = recorded(data, "input");
  const expected = recorded(data, "output");
  const results = model && inputs && expected && evaluate(model, inputs);
  return results && { name, model, results, expected };
}

/**
 * How far results may lie from the recorded ones. Everything is exact but what the standard leaves to the implementation:
 * the last bit of transcendental functions, and the order of additions, be it of one node or of the several that make a function.
 */
function tolerance({ nodes }: OnnxModel, values: readonly number[]): (value: number) => number {
  if (nodes.length > 1 || ["MatMul", "ReduceMean", "ReduceSum"].includes(nodes[0]!.opType)) {
    const largest = Math.max(0, ...values.map(Math.abs));
    return () => largest * 2 ** -20;
  }
  if (["Exp", "Log", "Pow"].includes(nodes[0]!.opType)) return (value) => Math.abs(value) * 2 ** -23;
  return () => 0;
}

describeWithData("ONNX's operator tests", () => {
  const vectors = (existsSync(root) ? readdirSync(root) : []).sort().flatMap((name) => vector(name) ?? []);

  it("fold to the recorded outputs", () => {
    for (const { name, model, results, expected } of vectors) {
      for (const [index, { dims, dataType, values }] of expected.entries()) {
        const actual = results.get(model.outputs[index]!.name)!;
        expect([dataType, ...dims], name).toEqual([actual.dataType, ...actual.dims]);
        const allowed = tolerance(model, Array.from(values));
        const off = Array.from(values).filter((value, k) => {
          const own = actual.values[k]!;
          return !(Object.is(own, value) || own === value || Math.abs(own - value) <= allowed(value));
        });
        expect(off, name).toEqual([]);
      }
    }
  });

  it("are many", () => {
    const single = vectors.filter(({ model }) => model.nodes.length === 1);
    expect(single.length).toBeGreaterThanOrEqual(240);
    expect(vectors.length).toBeGreaterThanOrEqual(300);
  });
});
