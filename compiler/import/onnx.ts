/** Reads ONNX protobuf bytes. The only place that knows protobuf; everything behind it sees these plain types. */
import onnxProto, { type onnx as Proto } from "onnx-proto";
import { fail, QcError } from "../diagnostics.js";
import type { Quantization } from "../ir/graph.js";
import type { IntegerType } from "../ir/types.js";
import { saturated } from "./element-formats.js";
import { ExternalData } from "./external-data.js";
import { readAttribute, type UnreadAttribute } from "./read-attribute.js";
import { decodeTensor } from "./tensor-data.js";
import { requireModelBytes } from "./wire-format.js";

const { onnx } = onnxProto;

/** A constant: shape and values as numbers (64-bit integers saturate to safe integers). */
export interface OnnxTensor {
  readonly name: string;
  /** ONNX TensorProto.DataType number. */
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

export type OnnxAttribute = number | string | readonly number[] | OnnxTensor | UnreadAttribute;

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

/** A graph input or output. A dimension is a number (0 when it is unknown), or a name when symbolic; no dims: the rank is unknown. */
export interface OnnxValue {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly (number | string)[] | undefined;
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

/** How a model's bytes are to be read. */
export interface ImportOptions {
  /** Folder of the model file, where tensors may have external data; without it such tensors are refused. */
  readonly folder?: string | undefined;
  /** Sizes of symbolic dimensions by name. */
  readonly dims?: Readonly<Record<string, number>> | undefined;
  /** Types of float graph inputs that hold codes already, by name; the one named "" is for all others that the model does not quantize. */
  readonly inputs?: ReadonlyMap<string, InputCodes> | undefined;
}

/** What the whole numbers of a float graph input are codes of. */
export interface InputCodes {
  readonly type: IntegerType;
  readonly quantization: Quantization;
}

/** Operator sets that are read: their operators have no other meaning than the rules know. IR versions: opset_import began with 3. */
const supported = { opset: { least: 7, most: 25 }, ir: { least: 3, most: 13 } } as const;
const maximumBytes = 2 ** 28;

/**
 * Decodes a model. Throws QC1001 for bytes that are no ONNX model, QC1002, QC1003 or QC1005 for inconsistent content, QC1006
 * for versions and QC2001 for functions that are not supported.
 */
export function readOnnx(bytes: Uint8Array, options: ImportOptions = {}): OnnxModel {
  const model = decodeModel(bytes);
  const graph = model.graph;
  if (!graph?.node || graph.node.length === 0) {
    return fail("QC1001", "the file holds no graph with nodes. Is it a .onnx file?");
  }
  const opset = readVersions(model);
  refuseFunctions(model.functions ?? []);
  for (const { values } of graph.sparseInitializer ?? []) {
    fail("QC1002", "sparse initialisers are not supported. Store the tensor densely.", values?.name ?? "");
  }
  const external = new ExternalData(options.folder);
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of graph.initializer ?? []) {
    const decoded = decodeTensor(tensor, external);
    if (initializers.has(decoded.name)) fail("QC1003", `initializer '${decoded.name}' is defined twice.`, decoded.name);
    initializers.set(decoded.name, decoded);
  }
  return {
    name: graph.name ?? "",
    opset,
    inputs: (graph.input ?? []).filter((value) => !initializers.has(value.name ?? "")).map(readValue),
    outputs: (graph.output ?? []).map(readValue),
    nodes: graph.node.map((node, index) => readNode(node, index, external)),
    initializers,
  };
}

function decodeModel(bytes: Uint8Array) {
  if (bytes.length > maximumBytes)
    fail("QC1001", `the file has ${bytes.length} bytes; expected at most ${maximumBytes}.`);
  requireModelBytes(bytes);
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (error) {
    return fail("QC1001", `the bytes do not decode as an ONNX protobuf (${(error as Error).message}).`);
  }
}

/** The version of the standard operator set, once all versions are known to be supported. */
function readVersions(model: Proto.IModelProto): number {
  const { opset, ir } = supported;
  const irVersion = saturated(model.irVersion ?? 0);
  if (irVersion < ir.least || irVersion > ir.most) {
    fail(
      "QC1006",
      `IR version ${irVersion}; expected ${ir.least} to ${ir.most}. Export for ONNX opset ${opset.most} or older.`,
    );
  }
  const versions = new Map<string, number>();
  for (const { domain, version } of model.opsetImport ?? []) {
    const name = domainOf(domain);
    if (versions.has(name)) fail("QC1003", `operator set '${name}' is imported twice.`);
    versions.set(name, saturated(version ?? 0));
  }
  const usesStandard = (model.graph?.node ?? []).some(({ domain }) => domainOf(domain) === "");
  const version = versions.get("") ?? (usesStandard ? undefined : opset.most);
  if (version === undefined) return fail("QC1006", "the model imports no version of the standard operator set.");
  if (version < opset.least || version > opset.most) {
    fail("QC1006", `opset ${version}; expected ${opset.least} to ${opset.most}. Convert the model to such an opset.`);
  }
  return version;
}

function refuseFunctions(functions: readonly Proto.IFunctionProto[]): void {
  if (functions.length === 0) return;
  throw new QcError(
    functions.map(({ name }) => ({
      code: "QC2001",
      where: name ?? "",
      message: "functions of the model are not supported. Inline them before export.",
    })),
  );
}

const domainOf = (domain: string | null | undefined) => (domain === "ai.onnx" ? "" : (domain ?? ""));

function readValue(value: Proto.IValueInfoProto): OnnxValue {
  const name = value.name ?? "";
  const type = value.type?.tensorType;
  if (!type) return fail("QC1003", "graph inputs and outputs must be tensors.", name);
  const dims = type.shape?.dim?.map((dim) => (dim.dimParam ? dim.dimParam : saturated(dim.dimValue ?? 0)));
  return { name, dataType: Number(type.elemType ?? 0), dims };
}

function readNode(node: Proto.INodeProto, index: number, external: ExternalData): OnnxNode {
  const name = node.name || `${node.opType}_${index}`;
  const attributes = new Map<string, OnnxAttribute>();
  for (const attribute of node.attribute ?? []) {
    const key = attribute.name ?? "";
    if (attributes.has(key)) fail("QC1003", `attribute '${key}' is given twice.`, name);
    attributes.set(key, readAttribute(attribute, external));
  }
  return {
    name,
    opType: node.opType ?? "",
    domain: domainOf(node.domain),
    inputs: node.input ?? [],
    outputs: node.output ?? [],
    attributes,
  };
}
