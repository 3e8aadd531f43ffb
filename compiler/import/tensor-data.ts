/** TensorProto contents to numbers, and ONNX element types by name. */
import type { onnx as Proto } from "onnx-proto";
import { fail } from "../diagnostics.js";
import { elementCount, type IntegerType } from "../ir/types.js";
import { type ElementFormat, type Entry, elementFormats, saturated } from "./element-formats.js";
import type { ExternalData } from "./external-data.js";
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
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
  24: "float8e8m0",
  25: "uint2",
  26: "int2",
};

export const floatType = 1;
export const int32Type = 6;
export const int64Type = 7;

/** Whether tensors of this ONNX element type number hold reals that scales can be: float32, float16 or bfloat16. */
export function isFloatType(dataType: number): boolean {
  return dataType === floatType || dataType === 10 || dataType === 16;
}

/** The integer type of an ONNX element type number, 2 to 64 bits; undefined for other types. */
export function integerTypeOf(dataType: number): IntegerType | undefined {
  const match = /^(u?)int(\d+)$/.exec(elementTypeName[dataType] ?? "");
  return match ? { bits: Number(match[2]), signed: match[1] === "" } : undefined;
}

/** The type of codes for the element type number of bool: 0 and 1; undefined for other types. */
export function truthTypeOf(dataType: number): IntegerType | undefined {
  return elementTypeName[dataType] === "bool" ? { bits: 1, signed: false } : undefined;
}

/** The integer type of constant codes, which are held as int32: up to 16 bits, or int32 itself; undefined for other types. */
export function codeTypeOf(dataType: number): IntegerType | undefined {
  const type = integerTypeOf(dataType);
  return type && (type.bits <= 16 || (type.bits === 32 && type.signed)) ? type : undefined;
}

/** More axes than any tensor of a network has; bounds the work on a shape. */
export const maximumRank = 32;

/** Decodes a TensorProto. Throws QC1002 when its data does not match its shape or type, QC1005 for external data that may not be read. */
export function decodeTensor(proto: Proto.ITensorProto, external: ExternalData): OnnxTensor {
  const name = proto.name ?? "";
  const dataType = Number(proto.dataType ?? 0);
  const dims = readShape(proto.dims ?? [], name);
  const format = elementFormats.get(dataType);
  if (!format) {
    return fail("QC1002", `element type ${elementTypeName[dataType] ?? dataType} cannot be read as a constant.`, name);
  }
  if (proto.segment) fail("QC1002", "the tensor is stored in segments; expected one piece.", name);
  const refuse = (problem: string) => fail("QC1002", `${problem} for shape [${dims}].`, name);
  const count = elementCount(dims);
  const outside = Number(proto.dataLocation ?? 0) === 1;
  const raw = outside ? external.read(proto, storedBytes(count, format)) : (proto.rawData ?? new Uint8Array(0));
  const values =
    outside || raw.length > 0
      ? fromBytes(raw, count, format, refuse)
      : fromEntries(proto[format.field] ?? [], count, format, (problem) =>
          refuse(`${problem} ${elementTypeName[dataType]}`),
        );
  return { name, dataType, dims, values };
}

function readShape(proto: readonly Entry[], name: string): number[] {
  if (proto.length > maximumRank) fail("QC1002", `got ${proto.length} axes; expected at most ${maximumRank}.`, name);
  const dims = proto.map(saturated);
  if (dims.some((dim) => dim < 0) || elementCount(dims) > 2 ** 31 - 1) {
    fail("QC1002", `shape [${dims}] is not a shape of at most 2^31-1 elements.`, name);
  }
  return dims;
}

const storedBytes = (count: number, { bits }: ElementFormat) => Math.ceil((count * bits) / 8);

type Refuse = (problem: string) => never;

function fromBytes(raw: Uint8Array, count: number, format: ElementFormat, refuse: Refuse) {
  const { bits, array, read } = format;
  const expected = storedBytes(count, format);
  if (raw.length !== expected) refuse(`got ${raw.length} bytes, expected ${expected}`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const values = array(count);
  for (let i = 0; i < count; i++) {
    const bit = i * bits;
    values[i] = read(view, Math.floor(bit / 8), bit % 8);
  }
  return values;
}

function fromEntries(entries: readonly Entry[], count: number, format: ElementFormat, refuse: Refuse) {
  const packed = format.bits < 8;
  const expected = Math.ceil((count * Math.min(format.bits, 8)) / 8);
  if (entries.length !== expected) refuse(`got ${entries.length} values, expected ${expected}`);
  const values = packed ? new Uint8Array(expected) : format.array(count);
  for (const [i, entry] of entries.entries()) {
    const number = typeof entry === "number" ? entry : saturated(entry);
    values[i] = format.fromEntry(number) ?? refuse(`value ${number} is no`);
  }
  return packed ? fromBytes(values as Uint8Array, count, format, refuse) : values;
}
