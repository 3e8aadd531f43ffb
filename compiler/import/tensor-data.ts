/** TensorProto contents to numbers, and ONNX element types by name. */
import type { onnx as Proto } from "onnx-proto";
import { fail } from "../diagnostics.js";
import { elementCount, type IntegerType, typeRange } from "../ir/types.js";
import type { OnnxTensor } from "./onnx.js";

/** ONNX TensorProto.DataType numbers, as of ONNX 1.22 (onnx-proto's own enum stops at 1.10). */
export const elementTypeName: Readonly<Record<number, string>> = {
  1: "float",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "double",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
  21: "uint4",
  22: "int4",
};

export const floatType = 1;
export const int64Type = 7;

/** The integer types that can be codes of a quantized tensor in this version. */
const integerTypes: Readonly<Record<number, IntegerType>> = {
  2: { bits: 8, signed: false },
  3: { bits: 8, signed: true },
  6: { bits: 32, signed: true },
};

/** The integer type of an ONNX element type number; undefined when it cannot hold codes. */
export function integerTypeOf(dataType: number): IntegerType | undefined {
  return integerTypes[dataType];
}

interface Reader {
  readonly bytes: number;
  read(view: DataView, offset: number): number;
}

const rawReaders: Readonly<Record<number, Reader>> = {
  1: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 1, read: (view, at) => view.getInt8(at) },
  6: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  7: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  11: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** Decodes a TensorProto. Throws QC1002 when its data does not match its shape, QC1005 for external data. */
export function decodeTensor(proto: Proto.ITensorProto): OnnxTensor {
  const name: string = proto.name ?? "";
  const dataType = Number(proto.dataType ?? 0);
  const dims: number[] = (proto.dims ?? []).map((dim) => Number(dim));
  if (Number(proto.dataLocation ?? 0) === 1) {
    fail("QC1005", "the tensor's data lies in another file. Save the model with its data inside.", name);
  }
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0) || elementCount(dims) > 2 ** 31 - 1) {
    fail("QC1002", `shape [${dims}] is not a shape of at most 2^31-1 elements.`, name);
  }
  const count = elementCount(dims);
  const reader = rawReaders[dataType];
  if (!reader) {
    fail("QC1002", `element type ${elementTypeName[dataType] ?? dataType} cannot be read as a constant.`, name);
  }
  const raw: Uint8Array = proto.rawData ?? new Uint8Array(0);
  if (raw.length > 0) {
    if (raw.length !== count * reader.bytes) {
      fail("QC1002", `got ${raw.length} bytes, expected ${count * reader.bytes} for shape [${dims}].`, name);
    }
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    return {
      name,
      dataType,
      dims,
      values: Float64Array.from({ length: count }, (_, i) => reader.read(view, i * reader.bytes)),
    };
  }
  const typed =
    {
      1: proto.floatData,
      2: proto.int32Data,
      3: proto.int32Data,
      6: proto.int32Data,
      7: proto.int64Data,
      11: proto.doubleData,
    }[dataType] ?? [];
  if (typed.length !== count)
    fail("QC1002", `got ${typed.length} values, expected ${count} for shape [${dims}].`, name);
  const values = Float64Array.from(typed, Number);
  const type = integerTypes[dataType];
  if (type) {
    const { lo, hi } = typeRange(type);
    const bad = values.find((value) => value < lo || value > hi);
    if (bad !== undefined) fail("QC1002", `value ${bad} is no ${elementTypeName[dataType]}.`, name);
  }
  return { name, dataType, dims, values };
}
