/**
 * How ONNX stores the elements of a tensor. Source: the comments of TensorProto in onnx.proto (IR version 13).
 * Every element is exact as a double, apart from 64-bit integers beyond 2^53 (see `saturated`).
 */

/** A number as protobuf hands it over: 64-bit integers are objects. */
export type Entry = number | { toNumber(): number };

type NumberArray = { [index: number]: number; readonly length: number };

export interface ElementFormat {
  /** Bits of one element in raw_data: little-endian; below 8 bits the first element lies in the lowest bits. */
  readonly bits: number;
  /** The field of a TensorProto that holds the elements when raw_data does not. */
  readonly field: "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data";
  /** An array of the narrowest kind that holds every value: a decoded model stays about as large as its file. */
  readonly array: (count: number) => NumberArray;
  /** The element in byte `at` and the following ones; `shift` is its position in a byte that holds several. */
  readonly read: (view: DataView, at: number, shift: number) => number;
  /** The element of an entry of `field`, for packed formats the byte; undefined for what is no value of this type. */
  readonly fromEntry: (entry: number) => number | undefined;
}

/**
 * A 64-bit integer as a safe integer. Exporters write the ends of the 64-bit range for "as far as it goes". Sizes and
 * positions are below 2^31 and 64-bit integers are never codes, so of a number beyond 2^53 only its side matters.
 */
export function saturated(value: Entry | bigint): number {
  const number = typeof value === "object" ? value.toNumber() : Number(value);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, number));
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
export function bfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

const uint8s = (count: number) => new Uint8Array(count);
const int8s = (count: number) => new Int8Array(count);
const float32s = (count: number) => new Float32Array(count);
const float64s = (count: number) => new Float64Array(count);

/** The entry when it lies in the interval. */
const within = (lo: number, hi: number) => (entry: number) => (entry >= lo && entry <= hi ? entry : undefined);
const signed = (bits: number) => within(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
const unsigned = (bits: number) => within(0, 2 ** bits - 1);
const any = (entry: number) => entry;

/** Typed entries of 16-bit floats are bit patterns. */
function half(decode: (bits: number) => number): ElementFormat {
  return {
    bits: 16,
    field: "int32Data",
    array: float32s,
    read: (view, at) => decode(view.getUint16(at, true)),
    fromEntry: (entry) => (unsigned(16)(entry) === undefined ? undefined : decode(entry)),
  };
}

/** Two or four elements in a byte, also in each entry of int32_data. */
function packed(bits: number, array: (count: number) => NumberArray): ElementFormat {
  const upper = 32 - bits;
  const extend =
    array === int8s ? (value: number) => (value << upper) >> upper : (value: number) => (value << upper) >>> upper;
  const read = (view: DataView, at: number, shift: number) => extend(view.getUint8(at) >> shift);
  return { bits, field: "int32Data", array, read, fromEntry: within(-128, 255) };
}

type Read = (view: DataView, at: number) => number;

function plain(
  field: ElementFormat["field"],
  bits: number,
  array: (count: number) => NumberArray,
  read: Read,
  fromEntry: ElementFormat["fromEntry"],
): ElementFormat {
  return { bits, field, array, read, fromEntry };
}

/** By ONNX TensorProto.DataType number. */
export const elementFormats: ReadonlyMap<number, ElementFormat> = new Map([
  [1, plain("floatData", 32, float32s, (view, at) => view.getFloat32(at, true), any)],
  [2, plain("int32Data", 8, uint8s, (view, at) => view.getUint8(at), unsigned(8))],
  [3, plain("int32Data", 8, int8s, (view, at) => view.getInt8(at), signed(8))],
  [
    4,
    plain(
      "int32Data",
      16,
      (count) => new Uint16Array(count),
      (view, at) => view.getUint16(at, true),
      unsigned(16),
    ),
  ],
  [
    5,
    plain(
      "int32Data",
      16,
      (count) => new Int16Array(count),
      (view, at) => view.getInt16(at, true),
      signed(16),
    ),
  ],
  [
    6,
    plain(
      "int32Data",
      32,
      (count) => new Int32Array(count),
      (view, at) => view.getInt32(at, true),
      any,
    ),
  ],
  [7, plain("int64Data", 64, float64s, (view, at) => saturated(view.getBigInt64(at, true)), saturated)],
  [9, plain("int32Data", 8, uint8s, (view, at) => Math.min(view.getUint8(at), 1), unsigned(1))],
  [10, half(float16)],
  [11, plain("doubleData", 64, float64s, (view, at) => view.getFloat64(at, true), any)],
  [
    12,
    plain(
      "uint64Data",
      32,
      (count) => new Uint32Array(count),
      (view, at) => view.getUint32(at, true),
      unsigned(32),
    ),
  ],
  [13, plain("uint64Data", 64, float64s, (view, at) => saturated(view.getBigUint64(at, true)), saturated)],
  [16, half(bfloat16)],
  [21, packed(4, uint8s)],
  [22, packed(4, int8s)],
  [25, packed(2, uint8s)],
  [26, packed(2, int8s)],
]);
