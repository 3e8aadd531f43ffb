/** Mutations of decoded ONNX models: what stays well formed, and so reaches the code behind the decoder. */
import onnxProto from "onnx-proto";
import { opHomes } from "../../compiler/ops/index.js";
import type { Random } from "../../test/hdl/graphs.js";
import { edges, type Mutation, pick } from "./wire.js";

const { onnx } = onnxProto;

// biome-ignore lint/suspicious/noExplicitAny: mutations write what the types forbid.
type Proto = any;

const opTypes = [
  ...[...opHomes.values()].flatMap((home) => Object.keys(home.onnx)),
  ...["QuantizeLinear", "DequantizeLinear", "Constant", "If", "Loop", ""],
];

/** Names that mean something to JavaScript, C, Verilog or a comment. */
const names = ["__proto__", "constructor", "toString", "*/", "a\nb", 'q"uote', "\\", "int", "module", "", "x y", "é"];

const elementTypes = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 17, 21, 22, 25, 26];
const bitsOf = (type: number) =>
  ({ 1: 32, 4: 16, 5: 16, 6: 32, 7: 64, 10: 16, 11: 64, 12: 32, 13: 64, 16: 16, 21: 4, 22: 4, 25: 2, 26: 2 })[type] ??
  8;

const smallEdges = [-2, -1, 0, 1, 2, 3, 4, 5, 8, 255, 256, 1000, 4096, 65536, 2 ** 20, 2 ** 31 - 1];
const floats = [0, -0, -1, Number.NaN, Infinity, -Infinity, 1e-45, 1e-38, 3e38, 0.5, 1, 1 / 256, 1e-3, 1e6];

const size = (random: Random) => (random.next() < 0.7 ? random.integer(0, 9) : pick(random, smallEdges));

/** Gives a tensor the bytes that its dims and type ask for, as long as these are few. */
function fill(tensor: Proto, random: Random): void {
  const count = tensor.dims.reduce((product: number, dim: number | object) => product * Number(dim), 1);
  const bytes = Math.ceil((count * bitsOf(Number(tensor.dataType))) / 8);
  if (!(bytes >= 0 && bytes <= 20_000)) return;
  const old: Uint8Array = tensor.rawData ?? new Uint8Array(0);
  tensor.rawData = Uint8Array.from(
    { length: bytes },
    (_, k) => old[k % Math.max(1, old.length)] ?? random.integer(0, 255),
  );
}

function editValue(tensor: Proto, random: Random): void {
  const raw = Uint8Array.from(tensor.rawData ?? []);
  const view = new DataView(raw.buffer);
  if (tensor.dataType === 1 && raw.length >= 4) {
    view.setFloat32(4 * random.integer(0, Math.floor(raw.length / 4) - 1), pick(random, floats), true);
  } else if (tensor.dataType === 7 && raw.length >= 8) {
    const value = random.next() < 0.5 ? BigInt(size(random)) : pick(random, edges);
    view.setBigInt64(8 * random.integer(0, Math.floor(raw.length / 8) - 1), BigInt.asIntN(64, value), true);
  } else if (raw.length > 0) raw[random.integer(0, raw.length - 1)] = random.integer(0, 255);
  tensor.rawData = raw;
}

const editDims = (dims: Proto[], random: Random) => {
  const edited = [...dims];
  const at = random.integer(0, edited.length);
  const kind = random.integer(0, 3);
  if (kind === 0) edited.splice(at, 0, size(random));
  else if (kind === 1) edited.splice(at, 1);
  else if (at < edited.length) edited[at] = size(random);
  return edited;
};

function editAttribute(attribute: Proto, random: Random): void {
  if (attribute.ints?.length > 0) attribute.ints = editDims(attribute.ints, random);
  else if (attribute.floats?.length > 0) attribute.floats[0] = pick(random, floats);
  else if (attribute.t) editValue(attribute.t, random);
  else if (Number(attribute.type) === 1) attribute.f = pick(random, floats);
  else if (Number(attribute.type) === 2) attribute.i = size(random);
  else attribute.s = Buffer.from(pick(random, ["SAME_UPPER", "VALID", "NOTSET", "nearest", "", "__proto__"]));
  if (random.next() < 0.1) attribute.type = random.integer(0, 14);
}

type Edit = (graph: Proto, random: Random, other: Proto, model: Proto) => void;

const node = (graph: Proto, random: Random) => pick<Proto>(random, graph.node);
const valueNames = (graph: Proto): string[] => [
  ...graph.node.flatMap((each: Proto) => each.output),
  ...graph.initializer.map((each: Proto) => each.name),
  ...graph.input.map((each: Proto) => each.name),
];

const edits: readonly Edit[] = [
  (graph, random) => (node(graph, random).opType = pick(random, opTypes)),
  (graph, random) => {
    const { input } = node(graph, random);
    const [a, b] = [random.integer(0, input.length), random.integer(0, input.length)];
    [input[a], input[b]] = [input[b] ?? "", input[a] ?? ""];
  },
  (graph, random) => {
    const { input } = node(graph, random);
    const name = random.next() < 0.1 ? pick(random, names) : (pick(random, valueNames(graph)) ?? "");
    input[random.integer(0, input.length)] = name;
  },
  (graph, random) => node(graph, random).input.pop(),
  (graph, random) => {
    const { attribute } = node(graph, random);
    if (attribute.length > 0) editAttribute(pick(random, attribute), random);
  },
  (graph, random, other) => {
    const given = other.node.flatMap((each: Proto) => each.attribute);
    if (given.length > 0) node(graph, random).attribute.push({ ...pick<Proto>(random, given) });
  },
  (graph, random) => node(graph, random).attribute.pop(),
  (graph, random) => {
    const tensor = pick<Proto>(random, graph.initializer);
    if (!tensor) return;
    tensor.dims = editDims(tensor.dims, random);
    fill(tensor, random);
  },
  (graph, random) => {
    const tensor = pick<Proto>(random, graph.initializer);
    if (!tensor) return;
    tensor.dataType = pick(random, elementTypes);
    fill(tensor, random);
  },
  (graph, random) => {
    const tensor = pick<Proto>(random, graph.initializer);
    if (tensor) editValue(tensor, random);
  },
  (graph, random) => {
    const type = pick<Proto>(random, graph.input)?.type?.tensorType;
    if (!type?.shape) return;
    if (random.next() < 0.2) type.elemType = pick(random, elementTypes);
    else
      type.shape.dim = editDims(type.shape.dim, random).map((dim) =>
        typeof dim === "number" ? { dimValue: dim } : dim,
      );
  },
  (graph, random) => graph.node.splice(random.integer(0, graph.node.length - 1), 1),
  (graph, random) => graph.node.splice(random.integer(0, graph.node.length), 0, node(graph, random)),
  (graph, random) => {
    const [a, b] = [random.integer(0, graph.node.length - 1), random.integer(0, graph.node.length - 1)];
    [graph.node[a], graph.node[b]] = [graph.node[b], graph.node[a]];
  },
  (graph, random) => graph.output.push({ ...graph.output[0], name: pick(random, valueNames(graph)) }),
  (_, random, __, model) => (model.opsetImport = [{ domain: "", version: random.integer(6, 26) }]),
  (graph, random) => {
    const [from, to] = [pick(random, valueNames(graph)), pick(random, names)];
    const renamed = (name: string) => (name === from ? to : name);
    for (const each of graph.node) [each.input, each.output] = [each.input.map(renamed), each.output.map(renamed)];
    for (const each of [...graph.initializer, ...graph.input, ...graph.output]) each.name = renamed(each.name);
  },
  (graph, random) => (node(graph, random).name = pick(random, names)),
];

/** One to three edits of the decoded model; bytes that do not decode stay as they are. */
export const mutateOnnx: Mutation = (bytes, random, other) => {
  try {
    const model: Proto = onnx.ModelProto.decode(bytes);
    const donor: Proto = onnx.ModelProto.decode(other);
    for (let k = random.integer(1, 3); k > 0; k--) {
      if (model.graph.node.length > 0) pick(random, edits)(model.graph, random, donor.graph, model);
    }
    return onnx.ModelProto.encode(model).finish();
  } catch {
    return bytes; // the corpus has files that protobuf cannot read, and .tflite files
  }
};
