/**
 * A look over protobuf bytes before they are decoded: well formed as a ModelProto, and decoded within bounds. The decoder
 * takes fields by number whatever their wire type, recurses without a limit, and makes an object of every empty message, so
 * that hostile megabytes would become gigabytes. Sources: protobuf.dev encoding guide; onnx.proto (IR version 8, which is what onnx-proto knows).
 */
import { fail } from "../diagnostics.js";

/** A scalar kind, a list kind (which may come packed), or the name of a message. */
type Kind = "int" | "float" | "bytes" | "int32[]" | "int64[]" | "float[]" | "double[]" | `${string}Proto`;
type Fields = Readonly<Record<number, Kind>>;

const messages: Readonly<Record<string, Fields>> = {
  ModelProto: {
    ...{ 1: "int", 2: "bytes", 3: "bytes", 4: "bytes", 5: "int", 6: "bytes", 7: "GraphProto" },
    ...{ 8: "OperatorSetIdProto", 14: "EntryProto", 20: "TrainingInfoProto", 25: "FunctionProto" },
  },
  OperatorSetIdProto: { 1: "bytes", 2: "int" },
  EntryProto: { 1: "bytes", 2: "bytes" },
  TrainingInfoProto: { 1: "GraphProto", 2: "GraphProto", 3: "EntryProto", 4: "EntryProto" },
  FunctionProto: {
    ...{
      1: "bytes",
      4: "bytes",
      5: "bytes",
      6: "bytes",
      7: "NodeProto",
      8: "bytes",
      9: "OperatorSetIdProto",
      10: "bytes",
    },
  },
  GraphProto: {
    ...{ 1: "NodeProto", 2: "bytes", 5: "TensorProto", 10: "bytes", 11: "ValueInfoProto", 12: "ValueInfoProto" },
    ...{ 13: "ValueInfoProto", 14: "AnnotationProto", 15: "SparseTensorProto" },
  },
  AnnotationProto: { 1: "bytes", 2: "EntryProto" },
  NodeProto: { 1: "bytes", 2: "bytes", 3: "bytes", 4: "bytes", 5: "AttributeProto", 6: "bytes", 7: "bytes" },
  AttributeProto: {
    ...{ 1: "bytes", 2: "float", 3: "int", 4: "bytes", 5: "TensorProto", 6: "GraphProto", 7: "float[]", 8: "int64[]" },
    ...{ 9: "bytes", 10: "TensorProto", 11: "GraphProto", 13: "bytes", 14: "TypeProto", 15: "TypeProto", 20: "int" },
    ...{ 21: "bytes", 22: "SparseTensorProto", 23: "SparseTensorProto" },
  },
  TensorProto: {
    ...{ 1: "int64[]", 2: "int", 3: "SegmentProto", 4: "float[]", 5: "int32[]", 6: "bytes", 7: "int64[]", 8: "bytes" },
    ...{ 9: "bytes", 10: "double[]", 11: "int64[]", 12: "bytes", 13: "EntryProto", 14: "int" },
  },
  SegmentProto: { 1: "int", 2: "int" },
  SparseTensorProto: { 1: "TensorProto", 2: "TensorProto", 3: "int64[]" },
  ValueInfoProto: { 1: "bytes", 2: "TypeProto", 3: "bytes" },
  TypeProto: {
    ...{ 1: "TensorTypeProto", 4: "ElementTypeProto", 5: "MapTypeProto", 6: "bytes", 8: "TensorTypeProto" },
    ...{ 9: "ElementTypeProto" },
  },
  TensorTypeProto: { 1: "int", 2: "ShapeProto" },
  ElementTypeProto: { 1: "TypeProto" },
  MapTypeProto: { 1: "int", 2: "TypeProto" },
  ShapeProto: { 1: "DimensionProto" },
  DimensionProto: { 1: "int", 2: "bytes", 3: "bytes" },
};

const wireTypes = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/** Wire type of a single value of each kind; lists may also come packed. */
const singleWireType: Readonly<Record<string, number>> = {
  int: wireTypes.varint,
  float: wireTypes.fixed32,
  bytes: wireTypes.delimited,
  "int32[]": wireTypes.varint,
  "int64[]": wireTypes.varint,
  "float[]": wireTypes.fixed32,
  "double[]": wireTypes.fixed64,
};

/** Protobuf's customary limit; ONNX models nest a handful of messages per subgraph. */
const maximumDepth = 100;
/** About what the decoder's objects take: 200 bytes for a message, 48 for any other field or 64-bit number, 16 for other numbers. */
const cost = { message: 200, field: 48, number: 16 } as const;
const maximumCost = 2 ** 29;

/** Throws QC1001 unless the bytes are a ModelProto in form, nested at most 100 deep and decoded to at most 512 MiB of objects. */
export function requireModelBytes(bytes: Uint8Array): void {
  const refuse = (reason: string, at: number): never =>
    fail("QC1001", `the bytes do not decode as an ONNX protobuf (${reason} at byte ${at}).`);
  const open: { readonly end: number; readonly fields: Fields }[] = [
    { end: bytes.length, fields: messages.ModelProto! },
  ];
  let at = 0;
  let spent = 0;
  const varint = (end: number): number => {
    let value = 0;
    for (let k = 0; k < 10; k++) {
      if (at >= end) refuse("a number is cut off", at);
      const byte = bytes[at++]!;
      value += (byte & 127) * 2 ** (7 * k);
      if (byte < 128) return value;
    }
    return refuse("a number of more than 10 bytes", at);
  };
  for (let message = open.at(-1); message !== undefined; message = open.at(-1)) {
    const { end, fields } = message;
    if (at === end) {
      open.pop();
      continue;
    }
    const tag = varint(end);
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    const kind = fields[number];
    const single = kind && (singleWireType[kind] ?? wireTypes.delimited);
    const packed = wireType === wireTypes.delimited && kind?.endsWith("[]");
    if (number < 1 || number >= 2 ** 29) refuse(`field number ${number}`, at);
    if (kind && wireType !== single && !packed) refuse(`field ${number} has wire type ${wireType}`, at);
    spent += cost.field;
    if (wireType === wireTypes.varint) varint(end);
    else if (wireType === wireTypes.fixed32) at += 4;
    else if (wireType === wireTypes.fixed64) at += 8;
    else if (wireType === wireTypes.delimited) {
      const length = varint(end);
      if (length > end - at) refuse(`${length} bytes announced where ${end - at} are left`, at);
      if (kind?.endsWith("Proto")) {
        spent += cost.message;
        if (open.length >= maximumDepth) refuse(`messages nested more than ${maximumDepth} deep`, at);
        open.push({ end: at + length, fields: messages[kind]! });
      } else {
        if (packed) spent += packedCost(bytes, at, length, kind!) ?? refuse("a list is cut off", at);
        at += length;
      }
    } else refuse(`wire type ${wireType}`, at);
    if (at > end) refuse("a field is cut off", end);
    if (spent > maximumCost) refuse("more small fields than 512 MiB of memory hold", at);
  }
}

/** Cost of a packed list; undefined when its bytes are no whole number of values. */
function packedCost(bytes: Uint8Array, at: number, length: number, kind: Kind): number | undefined {
  const size = kind === "float[]" ? 4 : kind === "double[]" ? 8 : undefined;
  if (size !== undefined) return length % size === 0 ? (length / size) * cost.number : undefined;
  if (length > 0 && bytes[at + length - 1]! > 127) return undefined;
  let count = 0;
  for (let k = 0; k < length; k++) if (bytes[at + k]! < 128) count++;
  return count * (kind === "int64[]" ? cost.field : cost.number);
}
