/**
 * Reads TensorFlow Lite model bytes into plain types. Field numbers are those of the public schema.fbs (version 3):
 * fields are numbered in order of declaration, and a union takes two numbers.
 */
import { fail } from "../../diagnostics.js";
import { FlatBytes, type FlatTable } from "./flat-table.js";
import { operatorName, typeNameOf } from "./names.js";

export interface TfliteTensor {
  /** Its own name, or `tensor_index` when it has none. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Element type by name, such as `int8`. */
  readonly type: string;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** Axis of per-channel scales. */
  readonly axis: number;
  /** Bytes of a constant; undefined when the tensor is computed or an input. */
  readonly data?: Uint8Array | undefined;
}

export interface TfliteOperator {
  /** `CONV_2D_3`: the operator and its position, for messages. */
  readonly name: string;
  /** BuiltinOperator number. */
  readonly code: number;
  /** Its name; custom operators carry their own. */
  readonly operator: string;
  /** Tensor numbers; -1 for an optional input that is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Number of the options' table type in the schema's union, 0 when there are none. */
  readonly optionsType: number;
  readonly options: FlatTable | undefined;
}

export interface TfliteModel {
  readonly tensors: readonly TfliteTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly TfliteOperator[];
  /** Counts bytes of constants that are used, against files that share them without end. */
  spend(bytes: number): void;
}

const identifier = "TFL3";

/** Whether the bytes carry the file identifier of TensorFlow Lite models. */
export function isTflite(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && [...identifier].every((letter, i) => bytes[4 + i] === letter.charCodeAt(0));
}

/** Decodes a model. Throws QC1001 for bytes that are no such file, QC1002, QC1003 or QC1005 for inconsistent content. */
export function readTflite(bytes: Uint8Array): TfliteModel {
  const file = new FlatBytes(bytes);
  const model = file.root();
  const version = model.uint32(0);
  if (version !== 3) fail("QC1001", `the TensorFlow Lite schema version is ${version}; expected 3.`);
  const graphs = model.tables(2);
  const graph = graphs[0];
  if (!graph || graphs.length !== 1) {
    return fail("QC1003", `the file holds ${graphs.length} subgraphs; expected one. Control flow is not supported.`);
  }
  const buffers = model.tables(4);
  const tensors = graph.tables(0).map((table, index) => readTensor(table, index, buffers));
  const codes = model.tables(1).map(readCode);
  const operators = graph.tables(3).map((table, index) => readOperator(table, index, codes, tensors.length));
  if (operators.length === 0) fail("QC1003", "the graph has no operators.");
  const indices = (field: number) =>
    graph.int32s(field).map((index) => requireTensor(index, 0, tensors.length, "the graph"));
  return { tensors, inputs: indices(1), outputs: indices(2), operators, spend: (count) => file.spend(count) };
}

function requireTensor(index: number, least: number, count: number, where: string): number {
  if (index < least || index >= count) fail("QC1003", `${where} refers to tensor ${index} of ${count}.`);
  return index;
}

function readTensor(table: FlatTable, index: number, buffers: readonly FlatTable[]): TfliteTensor {
  const name = table.text(3) || `tensor_${index}`;
  const shape = table.int32s(0);
  if (table.has(6)) fail("QC1002", "the tensor is stored sparse; expected dense data.", name);
  const quantization = table.table(4);
  if (quantization && quantization.uint8(4) !== 0)
    fail("QC2004", "custom or blockwise quantization is not supported.", name);
  return {
    name,
    shape,
    type: typeNameOf(table.int8(1)),
    scales: quantization?.float32s(2) ?? [],
    zeroPoints: quantization?.int64s(3) ?? [],
    axis: quantization?.int32(6) ?? 0,
    data: readData(table, name, buffers),
  };
}

function readData(table: FlatTable, name: string, buffers: readonly FlatTable[]): Uint8Array | undefined {
  const number = table.uint32(2);
  const buffer = buffers[number];
  if (!buffer) return fail("QC1003", `the tensor refers to buffer ${number} of ${buffers.length}.`, name);
  // Buffer.offset and size, Tensor.external_buffer: data behind the tables or in another file.
  if (buffer.has(1) || buffer.has(2) || table.uint32(10) !== 0) {
    fail("QC1005", "the tensor's data lies outside of the model's tables. Convert without external buffers.", name);
  }
  const data = buffer.bytes(0);
  return data.length > 0 ? data : undefined;
}

interface Code {
  readonly code: number;
  readonly operator: string;
}

function readCode(table: FlatTable): Code {
  // Codes above 127 have their own field; older files fill the 8-bit one only.
  const code = Math.max(table.int8(0), table.int32(3));
  const operator = operatorName(code);
  return { code, operator: operator === "CUSTOM" ? `CUSTOM '${table.text(1)}'` : operator };
}

function readOperator(table: FlatTable, index: number, codes: readonly Code[], tensors: number): TfliteOperator {
  const number = table.uint32(0);
  const code = codes[number];
  if (!code) return fail("QC1003", `operator ${index} has code ${number} of ${codes.length}.`);
  const name = `${operatorName(code.code)}_${index}`;
  return {
    ...code,
    name,
    inputs: table.int32s(1).map((input) => requireTensor(input, -1, tensors, name)),
    outputs: table.int32s(2).map((output) => requireTensor(output, 0, tensors, name)),
    optionsType: table.uint8(3),
    options: table.table(4),
  };
}
