/** Builds small TensorFlow Lite files in memory with the flatbuffers Builder. Field numbers are those of schema.fbs. */
import { Builder } from "flatbuffers";

/** TensorType numbers. */
export const tensorType = { float32: 0, int32: 2, uint8: 3, int64: 4, int16: 7, int8: 9 } as const;

/** BuiltinOperator numbers and the BuiltinOptions table each takes. */
export const builtin = {
  ADD: [0, 11],
  AVERAGE_POOL_2D: [1, 5],
  CONV_2D: [3, 1],
  DEPTHWISE_CONV_2D: [4, 2],
  DEQUANTIZE: [6, 0],
  FULLY_CONNECTED: [9, 8],
  LOGISTIC: [14, 0],
  MAX_POOL_2D: [17, 5],
  RELU: [19, 0],
  RELU_N1_TO_1: [20, 0],
  RELU6: [21, 0],
  RESHAPE: [22, 17],
  SOFTMAX: [25, 9],
  CUSTOM: [32, 0],
  PAD: [34, 22],
  TRANSPOSE: [39, 26],
  MEAN: [40, 27],
  SQUEEZE: [43, 30],
  EXPAND_DIMS: [70, 52],
  QUANTIZE: [114, 0],
} as const;
export type Operator = keyof typeof builtin;

export interface BuiltTensor {
  readonly name?: string;
  readonly shape: readonly number[];
  readonly type?: keyof typeof tensorType;
  readonly scales?: readonly number[];
  readonly zeroPoints?: readonly number[];
  readonly axis?: number;
  readonly data?: readonly number[];
}

/** One field of a table: its kind and value. */
export type Field = readonly ["int8" | "int32" | "float32", number] | readonly ["int32s", readonly number[]];
/** By field number; absent fields are left out of the table. */
export type Fields = Readonly<Record<number, Field>>;

interface BuiltOperator {
  readonly operator: Operator;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Fields | undefined;
  readonly optionsType: number;
}

const bytesOf = { float32: 4, int32: 4, uint8: 1, int64: 8, int16: 2, int8: 1 } as const;

function encode({ type = "int8", data = [] }: BuiltTensor): Uint8Array {
  const size = bytesOf[type];
  const view = new DataView(new ArrayBuffer(data.length * size));
  data.forEach((value, i) => {
    if (type === "float32") view.setFloat32(i * size, value, true);
    else if (type === "int64") view.setBigInt64(i * size, BigInt(value), true);
    else if (size === 4) view.setInt32(i * size, value, true);
    else if (size === 2) view.setInt16(i * size, value, true);
    else view.setUint8(i, value & 255);
  });
  return new Uint8Array(view.buffer);
}

export class TfliteBuilder {
  version = 3;
  subgraphs = 1;
  identifier = "TFL3";
  readonly tensors: BuiltTensor[] = [];
  readonly operators: BuiltOperator[] = [];
  readonly inputs: number[] = [];
  readonly outputs: number[] = [];

  tensor(tensor: BuiltTensor): number {
    return this.tensors.push(tensor) - 1;
  }

  /** An 8-bit activation with one scale. */
  activation(shape: readonly number[], scale: number, zeroPoint: number, type: "int8" | "uint8" = "int8"): number {
    return this.tensor({ shape, type, scales: [scale], zeroPoints: [zeroPoint] });
  }

  /** A list of int32 numbers: shapes, axes. */
  numbers(data: readonly number[], shape: readonly number[] = [data.length]): number {
    return this.tensor({ shape, type: "int32", data });
  }

  input(index: number): number {
    this.inputs.push(index);
    return index;
  }

  operator(
    operator: Operator,
    inputs: readonly number[],
    output: number,
    options?: Fields,
    optionsType: number = builtin[operator][1],
  ): number {
    this.operators.push({ operator, inputs, outputs: [output], options, optionsType });
    return output;
  }

  output(index: number): this {
    this.outputs.push(index);
    return this;
  }

  bytes(): Uint8Array {
    const builder = new Builder(1024);
    const int32s = (values: readonly number[]) => {
      builder.startVector(4, values.length, 4);
      for (const value of [...values].reverse()) builder.addInt32(value);
      return builder.endVector();
    };
    const offsets = (values: readonly number[]) => {
      builder.startVector(4, values.length, 4);
      for (const value of [...values].reverse()) builder.addOffset(value);
      return builder.endVector();
    };
    const table = (fields: number, add: () => void) => {
      builder.startObject(fields);
      add();
      return builder.endObject();
    };
    const codes = [...new Set(this.operators.map(({ operator }) => operator))];
    const codeTables = codes.map((operator) => {
      const custom = operator === "CUSTOM" ? builder.createString("Mystery") : 0;
      return table(4, () => {
        builder.addFieldInt8(0, Math.min(builtin[operator][0], 127), 0);
        if (custom) builder.addFieldOffset(1, custom, 0);
        builder.addFieldInt32(3, builtin[operator][0], 0);
      });
    });
    const buffers = [table(3, () => {})];
    const tensors = this.tensors.map((tensor, index) => {
      let buffer = 0;
      if (tensor.data) {
        const data = builder.createByteVector(encode(tensor));
        buffer = buffers.push(table(3, () => builder.addFieldOffset(0, data, 0))) - 1;
      }
      const name = builder.createString(tensor.name ?? `t${index}`);
      const shape = int32s(tensor.shape);
      const quantization = tensor.scales && this.quantization(builder, tensor);
      return table(11, () => {
        builder.addFieldOffset(0, shape, 0);
        builder.addFieldInt8(1, tensorType[tensor.type ?? "int8"], 0);
        builder.addFieldInt32(2, buffer, 0);
        builder.addFieldOffset(3, name, 0);
        if (quantization) builder.addFieldOffset(4, quantization, 0);
      });
    });
    const operators = this.operators.map(({ operator, inputs, outputs, options, optionsType }) => {
      const vectors = new Map(
        Object.entries(options ?? {}).flatMap(([field, [kind, value]]) =>
          kind === "int32s" ? [[Number(field), int32s(value)]] : [],
        ),
      );
      const optionsTable =
        options &&
        table(16, () => {
          for (const [key, [kind, value]] of Object.entries(options)) {
            const field = Number(key);
            if (kind === "int8") builder.addFieldInt8(field, value, NaN);
            else if (kind === "int32") builder.addFieldInt32(field, value, NaN);
            else if (kind === "float32") builder.addFieldFloat32(field, value, NaN);
            else builder.addFieldOffset(field, vectors.get(field)!, 0);
          }
        });
      const [ins, outs] = [int32s(inputs), int32s(outputs)];
      return table(5, () => {
        builder.addFieldInt32(0, codes.indexOf(operator), 0);
        builder.addFieldOffset(1, ins, 0);
        builder.addFieldOffset(2, outs, 0);
        builder.addFieldInt8(3, optionsType, 0);
        if (optionsTable) builder.addFieldOffset(4, optionsTable, 0);
      });
    });
    const parts = [offsets(tensors), int32s(this.inputs), int32s(this.outputs), offsets(operators)];
    const graph = table(5, () => {
      for (const [field, part] of parts.entries()) builder.addFieldOffset(field, part, 0);
    });
    const [codeVector, graphVector, bufferVector] = [
      offsets(codeTables),
      offsets(Array(this.subgraphs).fill(graph)),
      offsets(buffers),
    ];
    const model = table(5, () => {
      builder.addFieldInt32(0, this.version, 0);
      builder.addFieldOffset(1, codeVector, 0);
      builder.addFieldOffset(2, graphVector, 0);
      builder.addFieldOffset(4, bufferVector, 0);
    });
    builder.finish(model, this.identifier);
    return builder.asUint8Array();
  }

  private quantization(builder: Builder, { scales = [], zeroPoints = [], axis = 0 }: BuiltTensor): number {
    builder.startVector(4, scales.length, 4);
    for (const scale of [...scales].reverse()) builder.addFloat32(scale);
    const scaleVector = builder.endVector();
    builder.startVector(8, zeroPoints.length, 8);
    for (const zeroPoint of [...zeroPoints].reverse()) builder.addInt64(BigInt(zeroPoint));
    const zeroPointVector = builder.endVector();
    builder.startObject(7);
    builder.addFieldOffset(2, scaleVector, 0);
    builder.addFieldOffset(3, zeroPointVector, 0);
    builder.addFieldInt32(6, axis, 0);
    return builder.endObject();
  }
}
