/** Tensors of recorded vectors: every ONNX element type that a runtime exchanges, as numbers and as raw bytes. */
import { halfToNumber, numberToHalf } from "./half.js";

/** A dense tensor. 64-bit integers beyond 2^53 lose their low bits: no value that qcompile handles is that large. */
export interface DenseTensor {
  /** Name of the ONNX element type, such as `int8`. */
  readonly type: string;
  readonly dims: readonly number[];
  readonly values: Float64Array;
}

interface ElementType {
  /** ONNX TensorProto.DataType number. */
  readonly number: number;
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

export const elementTypes: Readonly<Record<string, ElementType>> = {
  float: {
    number: 1,
    bytes: 4,
    read: (view, at) => view.getFloat32(at, true),
    write: (view, at, value) => view.setFloat32(at, value, true),
  },
  uint8: { number: 2, bytes: 1, read: (view, at) => view.getUint8(at), write: (view, at, v) => view.setUint8(at, v) },
  int8: { number: 3, bytes: 1, read: (view, at) => view.getInt8(at), write: (view, at, v) => view.setInt8(at, v) },
  uint16: {
    number: 4,
    bytes: 2,
    read: (view, at) => view.getUint16(at, true),
    write: (view, at, value) => view.setUint16(at, value, true),
  },
  int16: {
    number: 5,
    bytes: 2,
    read: (view, at) => view.getInt16(at, true),
    write: (view, at, value) => view.setInt16(at, value, true),
  },
  int32: {
    number: 6,
    bytes: 4,
    read: (view, at) => view.getInt32(at, true),
    write: (view, at, value) => view.setInt32(at, value, true),
  },
  int64: {
    number: 7,
    bytes: 8,
    read: (view, at) => Number(view.getBigInt64(at, true)),
    write: (view, at, value) => view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true),
  },
  bool: { number: 9, bytes: 1, read: (view, at) => view.getUint8(at), write: (view, at, v) => view.setUint8(at, v) },
  float16: {
    number: 10,
    bytes: 2,
    read: (view, at) => halfToNumber(view.getUint16(at, true)),
    write: (view, at, value) => view.setUint16(at, numberToHalf(value), true),
  },
  double: {
    number: 11,
    bytes: 8,
    read: (view, at) => view.getFloat64(at, true),
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
  uint32: {
    number: 12,
    bytes: 4,
    read: (view, at) => view.getUint32(at, true),
    write: (view, at, value) => view.setUint32(at, value, true),
  },
  uint64: {
    number: 13,
    bytes: 8,
    read: (view, at) => Number(view.getBigUint64(at, true)),
    write: (view, at, value) => view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true),
  },
};

/** Types of less than a byte, packed from the low bits up. */
const packedTypes: Readonly<Record<string, { number: number; bits: number; signed: boolean }>> = {
  uint4: { number: 21, bits: 4, signed: false },
  int4: { number: 22, bits: 4, signed: true },
  uint2: { number: 25, bits: 2, signed: false },
  int2: { number: 26, bits: 2, signed: true },
};

/** Number of a named element type. */
export function elementNumber(type: string): number {
  return (elementTypes[type] ?? packedTypes[type])!.number;
}

/** Name of an ONNX element type number; undefined for types that no vector of ours needs (strings, 8-bit floats). */
export function elementTypeOf(number: number): string | undefined {
  return [...Object.keys(elementTypes), ...Object.keys(packedTypes)].find((name) => elementNumber(name) === number);
}

/** Little-endian bytes of a tensor. */
export function toRaw({ type, values }: DenseTensor): Uint8Array {
  const packed = packedTypes[type];
  if (packed) {
    const raw = new Uint8Array(Math.ceil((values.length * packed.bits) / 8));
    for (const [i, value] of values.entries()) {
      raw[(i * packed.bits) >> 3]! |= (value & ((1 << packed.bits) - 1)) << ((i * packed.bits) % 8);
    }
    return raw;
  }
  const { bytes, write } = elementTypes[type]!;
  const view = new DataView(new ArrayBuffer(values.length * bytes));
  for (let i = 0; i < values.length; i++) write(view, i * bytes, values[i]!);
  return new Uint8Array(view.buffer);
}

/** The inverse of toRaw. */
export function fromRaw(type: string, dims: readonly number[], raw: Uint8Array): DenseTensor {
  const packed = packedTypes[type];
  if (packed) {
    const { bits, signed } = packed;
    const count = dims.reduce((a, b) => a * b, 1);
    const values = Float64Array.from({ length: count }, (_, i) => {
      const code = (raw[(i * bits) >> 3]! >> ((i * bits) % 8)) & ((1 << bits) - 1);
      return signed && code >> (bits - 1) ? code - (1 << bits) : code;
    });
    return { type, dims, values };
  }
  const { bytes, read } = elementTypes[type]!;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return { type, dims, values: Float64Array.from({ length: raw.length / bytes }, (_, i) => read(view, i * bytes)) };
}

/** Whether values of the type are reals (they cross qcompile's border through a quantization). */
export function isReal(type: string): boolean {
  return type === "float" || type === "float16" || type === "double";
}
