/** Builds small ONNX models in memory, node by node, with seeded weights. */
import pkg from "onnx-proto";
import { Random } from "../hdl/graphs.js";

const { onnx } = pkg;

/** ONNX TensorProto.DataType numbers. */
export const dataType = {
  float: 1,
  uint8: 2,
  bool: 9,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  float16: 10,
  double: 11,
  uint4: 21,
  int4: 22,
  uint2: 25,
  int2: 26,
} as const;
export type DataType = keyof typeof dataType;

/** `{ float: 3 }` is a float attribute; a number or list of numbers an integer one. */
export type Attribute = number | string | readonly number[] | { readonly float: number } | { readonly raw: object };

export interface BuiltNode {
  readonly opType: string;
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface BuiltConstant {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** Scale and zero point of one tensor; scales are rounded to float32, as ONNX stores them. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly type?: DataType;
}

/** Bits of the types of which several elements share a byte, the first in the lowest bits. */
const packedBits = { uint4: 4, int4: 4, uint2: 2, int2: 2 } as const;
type PackedType = keyof typeof packedBits;

const isPacked = (type: DataType): type is PackedType => type in packedBits;

const writers: Readonly<
  Record<Exclude<DataType, PackedType>, [number, (view: DataView, at: number, value: number) => void]>
> = {
  float: [4, (view, at, value) => view.setFloat32(at, value, true)],
  uint8: [1, (view, at, value) => view.setUint8(at, value)],
  bool: [1, (view, at, value) => view.setUint8(at, value)],
  int8: [1, (view, at, value) => view.setInt8(at, value)],
  uint16: [2, (view, at, value) => view.setUint16(at, value, true)],
  int16: [2, (view, at, value) => view.setInt16(at, value, true)],
  int32: [4, (view, at, value) => view.setInt32(at, value, true)],
  int64: [8, (view, at, value) => view.setBigInt64(at, BigInt(value), true)],
  float16: [2, (view, at, value) => view.setUint16(at, value, true)],
  double: [8, (view, at, value) => view.setFloat64(at, value, true)],
};

function raw({ type, values }: BuiltConstant): Uint8Array {
  if (isPacked(type)) return packed(values, packedBits[type]);
  const [bytes, write] = writers[type];
  const view = new DataView(new ArrayBuffer(values.length * bytes));
  for (const [i, value] of values.entries()) write(view, i * bytes, value);
  return new Uint8Array(view.buffer);
}

function packed(values: readonly number[], bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  for (const [i, value] of values.entries()) bytes[(i * bits) >> 3]! |= (value & (2 ** bits - 1)) << ((i * bits) % 8);
  return bytes;
}

function attributeProto(name: string, value: Attribute): object {
  if (typeof value === "number") return { name, type: 2, i: value };
  if (typeof value === "string") return { name, type: 3, s: Buffer.from(value) };
  if (Array.isArray(value)) return { name, type: 7, ints: value };
  return "float" in value ? { name, type: 1, f: value.float } : { name, ...(value as { raw: object }).raw };
}

export class ModelBuilder {
  opset = 13;
  readonly random: Random;
  readonly nodes: BuiltNode[] = [];
  readonly constants = new Map<string, BuiltConstant>();
  readonly inputs: { name: string; type: DataType; dims: readonly (number | string)[] }[] = [];
  readonly outputs: string[] = [];
  /** Merged into the TensorProto of the constant of that name, for malformed models. */
  readonly overrides = new Map<string, object>();

  constructor(seed = 1) {
    this.random = new Random(seed);
  }

  input(dims: readonly (number | string)[], type: DataType = "float", name = "x"): string {
    this.inputs.push({ name, type, dims });
    return name;
  }

  constant(name: string, type: DataType, dims: readonly number[], values: readonly number[]): string {
    const unique = this.constants.has(name) ? `${name}_${this.constants.size}` : name;
    const stored = type === "float" ? values.map(Math.fround) : values;
    this.constants.set(unique, { type, dims, values: stored });
    return unique;
  }

  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    given: { name?: string; outputs?: readonly string[]; domain?: string } = {},
  ): string {
    const { name = `${opType.toLowerCase()}_${this.nodes.length}`, domain = "" } = given;
    const outputs = given.outputs ?? [`${name}_out`];
    this.nodes.push({ opType, name, domain, inputs, outputs, attributes });
    return outputs[0] ?? "";
  }

  output(...names: string[]): this {
    this.outputs.push(...names);
    return this;
  }

  quantize(x: string, { scale, zeroPoint, type = "int8" }: Affine): string {
    return this.node("QuantizeLinear", [
      x,
      this.constant("scale", "float", [], [scale]),
      this.constant("zp", type, [], [zeroPoint]),
    ]);
  }

  dequantize(x: string, { scale, zeroPoint, type = "int8" }: Affine): string {
    return this.node("DequantizeLinear", [
      x,
      this.constant("scale", "float", [], [scale]),
      this.constant("zp", type, [], [zeroPoint]),
    ]);
  }

  /** QuantizeLinear then DequantizeLinear: the border between two operations. */
  qdq(x: string, affine: Affine): string {
    return this.dequantize(this.quantize(x, affine), affine);
  }

  /** Seeded int8 codes behind DequantizeLinear; one scale, or one per index of `axis`. */
  weights(dims: readonly number[], scales: readonly number[] = [0.01], axis = 0, limit = 127): string {
    const count = dims.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: count }, () => this.random.integer(-limit, limit));
    const codes = this.constant("w", "int8", dims, values);
    const shape = scales.length === 1 ? [] : [scales.length];
    const zeros = this.constant(
      "wzp",
      "int8",
      shape,
      scales.map(() => 0),
    );
    const attributes: Record<string, Attribute> = scales.length === 1 ? {} : { axis };
    return this.node("DequantizeLinear", [codes, this.constant("ws", "float", shape, scales), zeros], attributes);
  }

  /** Seeded int32 biases behind DequantizeLinear. */
  bias(count: number, scales: readonly number[] = [0.001], limit = 3000, dims: readonly number[] = [count]): string {
    const values = Array.from({ length: count }, () => this.random.integer(-limit, limit));
    const codes = this.constant("b", "int32", dims, values);
    const shape = scales.length === 1 ? [] : [scales.length];
    const attributes: Record<string, Attribute> = scales.length === 1 ? {} : { axis: dims.length - 1 };
    return this.node("DequantizeLinear", [codes, this.constant("bs", "float", shape, scales)], attributes);
  }

  /** The model as protobuf; `edit` may damage it first. */
  bytes(edit: (proto: any) => void = () => {}): Uint8Array {
    const proto: any = {
      irVersion: 7,
      opsetImport: [{ domain: "", version: this.opset }],
      graph: {
        name: "test",
        node: this.nodes.map(({ opType, name, domain, inputs, outputs, attributes }) => ({
          opType,
          name,
          domain,
          input: [...inputs],
          output: [...outputs],
          attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
        })),
        initializer: [...this.constants].map(([name, constant]) => ({
          name,
          dims: [...constant.dims],
          dataType: dataType[constant.type],
          rawData: raw(constant),
          ...this.overrides.get(name),
        })),
        input: this.inputs.map(({ name, type, dims }) => valueProto(name, dataType[type], dims)),
        output: this.outputs.map((name) => valueProto(name, dataType.float, [])),
      },
    };
    edit(proto);
    return onnx.ModelProto.encode(onnx.ModelProto.fromObject(proto)).finish();
  }
}

function valueProto(name: string, elemType: number, dims: readonly (number | string)[]): object {
  const dim = dims.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** A float input quantized, one operation by `body`, its result quantized and dequantized: the smallest whole model. */
export function oneOp(
  dims: readonly (number | string)[],
  body: (builder: ModelBuilder, x: string) => string,
  { seed = 1, input = { scale: 0.05, zeroPoint: 3 } as Affine, output = { scale: 0.1, zeroPoint: -5 } as Affine } = {},
): ModelBuilder {
  const builder = new ModelBuilder(seed);
  const x = builder.qdq(builder.input(dims), input);
  return builder.output(builder.qdq(body(builder, x), output));
}

/** Image network in NCHW: convolution with Relu, depthwise, max-pool, global average, flatten, Gemm, softmax. */
export function smallNetwork(seed = 1): ModelBuilder {
  const builder = new ModelBuilder(seed);
  const step = (scale: number, zeroPoint: number): Affine => ({ scale, zeroPoint });
  let x = builder.qdq(builder.input(["N", 2, 8, 8]), step(0.02, 1));
  x = builder.node(
    "Conv",
    [x, builder.weights([4, 2, 3, 3], [0.01, 0.02, 0.03, 0.04]), builder.bias(4)],
    { pads: [1, 1, 1, 1] },
    { name: "conv" },
  );
  x = builder.qdq(builder.node("Relu", [x]), step(0.05, -128));
  x = builder.node(
    "Conv",
    [x, builder.weights([4, 1, 3, 3])],
    { group: 4, strides: [2, 2], auto_pad: "SAME_UPPER" },
    { name: "depthwise" },
  );
  x = builder.qdq(x, step(0.06, -7));
  x = builder.node("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] }, { name: "pool" });
  x = builder.node("Flatten", [x]);
  x = builder.node("Gemm", [x, builder.weights([5, 16]), builder.bias(5)], { transB: 1 }, { name: "fc" });
  x = builder.qdq(x, step(0.1, 2));
  x = builder.quantize(builder.node("Softmax", [x], { axis: -1 }, { name: "softmax" }), step(1 / 256, -128));
  return builder.output(x);
}
