/** Protobuf of the corpora: recorded tensors, and rewriting of models. The only file here that knows onnx-proto. */
import onnxProto, { type onnx as Proto } from "onnx-proto";
import { type DenseTensor, elementNumber, elementTypeOf, fromRaw, isReal, toRaw } from "./element-types.js";

const { onnx } = onnxProto;

/** A graph input or output as the model declares it; dimensions that are not positive numbers are symbolic. */
export interface GraphValue {
  readonly name: string;
  /** Element type; undefined for sequences, maps, optionals and types without a name in element-types.ts. */
  readonly type: string | undefined;
  readonly dims: readonly (number | string)[];
}

/** Scale and zero point of one tensor, of int8 codes. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Reads a recorded TensorProto; undefined for anything else (sequences, strings, packed types). */
export function readTensor(bytes: Uint8Array): (DenseTensor & { readonly name: string }) | undefined {
  try {
    return readTensorProto(onnx.TensorProto.decode(bytes));
  } catch {
    return undefined;
  }
}

function readTensorProto(proto: Proto.TensorProto): (DenseTensor & { readonly name: string }) | undefined {
  const type = elementTypeOf(Number(proto.dataType));
  if (type === undefined) return undefined;
  const dims = (proto.dims ?? []).map(Number);
  const count = dims.reduce((a, b) => a * b, 1);
  const tensor = proto.rawData?.length ? fromRaw(type, dims, proto.rawData) : { type, dims, values: fields(proto) };
  return tensor.values.length === count ? { ...tensor, name: proto.name ?? "" } : undefined;
}

/** Values of the typed fields; float16 and packed types lie in int32Data as bit patterns. */
function fields(proto: Proto.TensorProto): Float64Array {
  const numbers = [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData, proto.uint64Data];
  const values = Float64Array.from(numbers.find((list) => (list?.length ?? 0) > 0) ?? [], Number);
  const type = elementTypeOf(Number(proto.dataType));
  if (type === "float16") return fromRaw("float16", [], toRaw({ type: "uint16", dims: [], values })).values;
  const isPacked = type !== undefined && /int[24]$/.test(type);
  return isPacked ? fromRaw(type, (proto.dims ?? []).map(Number), Uint8Array.from(values)).values : values;
}

/** A model that can be rewritten. Edits change this object; `bytes` gives the file. */
export class ModelFile {
  private readonly model: Proto.ModelProto;
  private readonly graph: Proto.IGraphProto;

  constructor(bytes: Uint8Array) {
    this.model = onnx.ModelProto.decode(bytes);
    this.graph = this.model.graph ?? {};
  }

  bytes(): Uint8Array {
    this.model.irVersion = Math.max(Number(this.model.irVersion), freeConstantsVersion);
    return onnx.ModelProto.encode(this.model).finish();
  }

  /** Inputs that the caller must feed. */
  get inputs(): GraphValue[] {
    const constants = new Set((this.graph.initializer ?? []).map(({ name }) => name));
    return (this.graph.input ?? []).filter(({ name }) => !constants.has(name)).map(graphValue);
  }

  get outputs(): GraphValue[] {
    return (this.graph.output ?? []).map(graphValue);
  }

  /** Constants of real types. */
  get realConstants(): Map<string, DenseTensor> {
    const tensors = (this.graph.initializer ?? []).map((proto) => readTensorProto(onnx.TensorProto.fromObject(proto)));
    return new Map(
      tensors.flatMap((tensor) => (tensor && isReal(tensor.type) ? [[tensor.name, tensor] as const] : [])),
    );
  }

  get opTypes(): string[] {
    return (this.graph.node ?? []).map(({ opType }) => opType ?? "");
  }

  /** Makes a graph input a constant. */
  bind(name: string, tensor: DenseTensor): void {
    this.graph.input = (this.graph.input ?? []).filter((value) => value.name !== name);
    const { type, dims } = tensor;
    this.graph.initializer = [
      ...(this.graph.initializer ?? []),
      { name, dims: [...dims], dataType: elementNumber(type), rawData: toRaw(tensor) },
    ];
  }

  /** Gives a graph input fixed dimensions; whatever the file says of other shapes is dropped, for it may disagree. */
  pin(name: string, dims: readonly number[]): void {
    const value = (this.graph.input ?? []).find((input) => input.name === name);
    if (value?.type?.tensorType) value.type.tensorType.shape = { dim: dims.map((dimValue) => ({ dimValue })) };
    this.graph.valueInfo = [];
  }

  /** Takes away the node behind which a graph output lies, if it is of this type: its input is the output then. */
  dropLast(opType: string): void {
    for (const output of this.graph.output ?? []) {
      const node = (this.graph.node ?? []).find((each) => each.opType === opType && each.output?.[0] === output.name);
      if (!node) continue;
      this.graph.node = this.graph.node!.filter((each) => each !== node);
      output.name = node.input![0]!;
    }
  }

  /** Puts QuantizeLinear and DequantizeLinear behind a graph input or constant of a real type. */
  quantizeInput(name: string, type: string, affine: Affine): void {
    for (const node of this.graph.node ?? []) {
      node.input = (node.input ?? []).map((input) => (input === name ? `${name}/real` : input));
    }
    const { nodes, initializers } = quantizeNodes(name, type, affine, this.quantizationDomain(type), true);
    this.graph.node = [...nodes, ...(this.graph.node ?? [])];
    this.graph.initializer = [...(this.graph.initializer ?? []), ...initializers];
  }

  /** Puts QuantizeLinear before a graph output, whose codes become the output; the reals stay one more output if asked. */
  quantizeOutput(name: string, type: string, affine: Affine, keepReal: boolean): void {
    const { nodes, initializers } = quantizeNodes(name, type, affine, this.quantizationDomain(type), false);
    this.graph.node = [...(this.graph.node ?? []), ...nodes];
    this.graph.initializer = [...(this.graph.initializer ?? []), ...initializers];
    const codes = { name: `${name}/codes`, type: { tensorType: { elemType: elementNumber("int8") } } };
    const kept = (this.graph.output ?? []).flatMap((output) => (output.name !== name ? [output] : [codes]));
    const real = { name, type: { tensorType: { elemType: elementNumber(type) } } };
    this.graph.output = keepReal ? [...kept, real] : kept;
  }

  /**
   * Domain of the quantization operators to insert: the standard has them since version 10, for other reals than float since 19, and
   * raising a model's version would change what its other operators mean.
   */
  private quantizationDomain(type: string): string {
    const sets = (this.model.opsetImport ?? []) as Proto.IOperatorSetIdProto[];
    const standard = sets.find(({ domain }) => !domain || domain === "ai.onnx");
    if (!standard || Number(standard.version) >= (type === "float" ? 10 : 19)) return "";
    if (!sets.some(({ domain }) => domain === runtimeDomain)) sets.push({ domain: runtimeDomain, version: 1 });
    this.model.opsetImport = sets;
    return runtimeDomain;
  }
}

/** Operators of ONNX Runtime; its QuantizeLinear and DequantizeLinear are those of the standard. */
const runtimeDomain = "com.microsoft";

/** The first version of the format in which a constant need not be declared as an input too. */
const freeConstantsVersion = 4;

function graphValue({ name, type }: Proto.IValueInfoProto): GraphValue {
  const dims = (type?.tensorType?.shape?.dim ?? []).map((dim) => dim.dimParam || Number(dim.dimValue ?? 0));
  return {
    name: name ?? "",
    type: type?.tensorType ? elementTypeOf(Number(type.tensorType.elemType)) : undefined,
    dims,
  };
}

function quantizeNodes(name: string, type: string, { scale, zeroPoint }: Affine, domain: string, dequantize: boolean) {
  const parameters = [`${name}/scale`, `${name}/zero_point`];
  const codes = `${name}/codes`;
  const nodes: Proto.INodeProto[] = [
    { opType: "QuantizeLinear", domain, name: `${name}/quantize`, input: [name, ...parameters], output: [codes] },
  ];
  if (dequantize) {
    const input = [codes, ...parameters];
    nodes.push({ opType: "DequantizeLinear", domain, name: `${name}/dequantize`, input, output: [`${name}/real`] });
  }
  const constant = (at: number, elementType: string, value: number) => ({
    name: parameters[at]!,
    dims: [],
    dataType: elementNumber(elementType),
    rawData: toRaw({ type: elementType, dims: [], values: Float64Array.of(value) }),
  });
  return { nodes, initializers: [constant(0, type, scale), constant(1, "int8", zeroPoint)] };
}
