/** NumPy .npy files, versions 1 to 3, C order. Source: numpy.lib.format documentation. */
import { fail } from "../diagnostics.js";
import { bytesPerElement, type IntegerType } from "../ir/types.js";
import { toBytes } from "./codes.js";

export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** NumPy type string without byte order, such as `i1` or `f4`. */
  readonly type: string;
}

const readers: Readonly<Record<string, { bytes: number; read: (view: DataView, at: number) => number }>> = {
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  u2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  u4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  i2: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  i4: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  i8: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  f4: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

const magic = "\u0093NUMPY";

/** Reads an array. Throws QC6003 for anything that is not a little-endian numeric array in C order. */
export function readNpy(bytes: Uint8Array, file: string): NpyArray {
  const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString("latin1");
  if (text(0, 6) !== magic || bytes.length < 12) fail("QC6003", "the file is no .npy array.", file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6]! >= 2;
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = text(start, end);
  const type = /'descr':\s*'([<|=]?)([a-z]\d+)'/.exec(header)?.[2];
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  const reader = type === undefined ? undefined : readers[type];
  if (!reader || dims === undefined || !/'fortran_order':\s*False/.test(header)) {
    return fail(
      "QC6003",
      `unsupported .npy header ${JSON.stringify(header.trim())}; expected a little-endian array in C order.`,
      file,
    );
  }
  const shape = dims
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  if (end + count * reader.bytes !== bytes.length) {
    fail(
      "QC6003",
      `got ${bytes.length - end} bytes of data, expected ${count * reader.bytes} for shape [${shape}].`,
      file,
    );
  }
  return {
    shape,
    type: type!,
    values: Float64Array.from({ length: count }, (_, i) => reader.read(view, end + i * reader.bytes)),
  };
}

/** Writes codes of a type as a version 1 array of the integers that hold it. */
export function writeNpy(values: ArrayLike<number>, shape: readonly number[], type: IntegerType): Uint8Array {
  const size = bytesPerElement(type);
  const descr = `${size === 1 ? "|" : "<"}${type.signed ? "i" : "u"}${size}`;
  return withHeader(descr, shape, toBytes(values, { type }));
}

/** Writes numbers as a version 1 array of float32. */
export function writeFloatNpy(values: ArrayLike<number>, shape: readonly number[]): Uint8Array {
  return withHeader("<f4", shape, floatBytes(values));
}

/** Numbers as little-endian float32. */
export function floatBytes(values: ArrayLike<number>): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i]!, 4 * i);
  return bytes;
}

function withHeader(descr: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const prefix = Buffer.from(`${magic}\u0001\u0000`, "latin1");
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([prefix, length, Buffer.from(padded, "latin1"), data]);
}
