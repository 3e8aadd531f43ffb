/** Reads ONNX protobuf bytes. The only place that knows protobuf; everything behind it sees these plain types. */
import onnxProto, { type onnx as Proto } from "onnx-proto";
import { fail } from "../diagnostics.js";
import { decodeTensor } from "./tensor-data.js";

const { onnx } = onnxProto;

/** A constant: shape and values as numbers (64-bit integers must be safe integers). */
export interface OnnxTensor {
  readonly name: string;
  /** ONNX TensorProto.DataType number. */
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

export type OnnxAttribute = number | string | readonly number[] | OnnxTensor;

export interface OnnxNode {
  /** The node's own name, or `OpType_index` when it has none. */
  readonly name: string;
  readonly opType: string;
  /** Empty for the standard domain. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** A graph input or output. A dimension is a number, or a name when symbolic. */
export interface OnnxValue {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** Decodes a model. Throws QC1001 for bytes that are no ONNX model, QC1002/1003 for inconsistent content. */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = decodeModel(bytes);
  const graph = model.graph;
  if (!graph || !graph.node || graph.node.length === 0) {
    fail("QC1001", "the file holds no graph with nodes. Is it a .onnx file?");
  }
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of graph.initializer ?? []) {
    const decoded = decodeTensor(tensor);
    if (initializers.has(decoded.name)) fail("QC1003", `initializer '${decoded.name}' is defined twice.`, decoded.name);
    initializers.set(decoded.name, decoded);
  }
  const standard = (model.opsetImport ?? []).find((set) => (set.domain ?? "") === "" || set.domain === "ai.onnx");
  return {
    name: graph.name ?? "",
    opset: standard ? Number(standard.version) : 1,
    inputs: (graph.input ?? []).filter((value) => !initializers.has(value.name ?? "")).map(readValue),
    outputs: (graph.output ?? []).map(readValue),
    nodes: graph.node.map(readNode),
    initializers,
  };
}

function decodeModel(bytes: Uint8Array) {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (error) {
    // protobufjs throws RangeError for both truncation and nesting beyond the stack.
    return fail("QC1001", `the bytes do not decode as an ONNX protobuf (${(error as Error).message}).`);
  }
}

function readValue(value: Proto.IValueInfoProto): OnnxValue {
  const name = value.name ?? "";
  const type = value.type?.tensorType;
  if (!type) fail("QC1003", "graph inputs and outputs must be tensors.", name);
  const dims = (type.shape?.dim ?? []).map((dim) => (dim.dimParam ? dim.dimParam : Number(dim.dimValue ?? 0)));
  return { name, dataType: Number(type.elemType ?? 0), dims };
}

function readNode(node: Proto.INodeProto, index: number): OnnxNode {
  const attributes = new Map<string, OnnxAttribute>();
  for (const attribute of node.attribute ?? []) attributes.set(attribute.name ?? "", readAttribute(attribute));
  return {
    name: node.name || `${node.opType}_${index}`,
    opType: node.opType ?? "",
    domain: node.domain === "ai.onnx" ? "" : (node.domain ?? ""),
    inputs: node.input ?? [],
    outputs: node.output ?? [],
    attributes,
  };
}

/** AttributeProto.type: 1 float, 2 int, 3 string, 4 tensor, 6 floats, 7 ints. */
function readAttribute(attribute: Proto.IAttributeProto): OnnxAttribute {
  switch (Number(attribute.type ?? 0)) {
    case 1:
      return Number(attribute.f);
    case 2:
      return Number(attribute.i);
    case 3:
      return Buffer.from(attribute.s ?? []).toString("utf8");
    case 4:
      return decodeTensor(attribute.t ?? fail("QC1003", `attribute '${attribute.name}' is a tensor without a tensor.`));
    case 6:
      return (attribute.floats ?? []).map((value) => Number(value));
    case 7:
      return (attribute.ints ?? []).map((value) => Number(value));
    default:
      return `attribute type ${attribute.type}`;
  }
}
