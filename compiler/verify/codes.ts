/** Codes as bytes: how every engine stores the elements of a tensor. */
import { f32 } from "../arith/float32.js";
import type { Tensor } from "../ir/graph.js";
import type { IntegerTensor } from "../ir/integer-graph.js";
import { bytesPerElement, elementCount, type IntegerType } from "../ir/types.js";

/** The codes of all graph inputs, or of all outputs, of one inference, in graph order. */
export type CodeSet = readonly Int32Array[];

/** From vectors per tensor to tensors per inference. */
export function transposed(vectors: readonly (readonly Int32Array[])[]): CodeSet[] {
  return vectors[0]!.map((_, inference) => vectors.map((list) => list[inference]!));
}

/** Codes as a target stores them: little-endian, one, two or four bytes each. */
export function toBytes(codes: ArrayLike<number>, { type }: Pick<IntegerTensor, "type">): Uint8Array {
  const size = bytesPerElement(type);
  const bytes = new Uint8Array(codes.length * size);
  for (let k = 0; k < bytes.length; k++) bytes[k] = codes[Math.floor(k / size)]! >>> (8 * (k % size));
  return bytes;
}

/** The inverse of toBytes for a tensor's type. */
export function fromBytes(bytes: Uint8Array, { type }: Pick<IntegerTensor, "type">): Int32Array {
  return Int32Array.from(decode(bytes, type));
}

/** The bytes of several tensors, one after the other: what engines take for one inference, and what they return. */
export function setToBytes(codes: CodeSet, tensors: readonly IntegerTensor[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(tensors.map((tensor, i) => toBytes(codes[i]!, tensor))));
}

/**
 * The reals of a tensor's codes, `scale * (code - zeroPoint)` rounded to float32 once: what ONNX DequantizeLinear gives. Codes are
 * row-major over the tensor's shape, one or more inferences back to back.
 */
export function dequantized(
  codes: Int32Array,
  { shape, quantization }: Pick<Tensor, "shape" | "quantization">,
): number[] {
  const { scales, zeroPoints, axis } = quantization;
  const inner = axis === undefined ? 1 : elementCount(shape.slice(axis + 1));
  return Array.from(codes, (code, i) => {
    const channel = axis === undefined ? 0 : Math.floor(i / inner) % scales.length;
    return f32(scales[channel]! * (code - zeroPoints[channel]!));
  });
}

/** The value of every whole element; bytes that are left over are not looked at. */
export function decode(bytes: Uint8Array, type: IntegerType): Float64Array {
  const size = bytesPerElement(type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = {
    1: (at: number) => (type.signed ? view.getInt8(at) : view.getUint8(at)),
    2: (at: number) => (type.signed ? view.getInt16(at, true) : view.getUint16(at, true)),
    4: (at: number) => (type.signed ? view.getInt32(at, true) : view.getUint32(at, true)),
  }[size]!;
  return Float64Array.from({ length: Math.floor(bytes.length / size) }, (_, k) => read(k * size));
}
