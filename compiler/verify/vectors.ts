/** Input vectors: read from files, or made from a seed with the corners of the input range first. */
import { readFileSync } from "node:fs";
import { printExpression } from "../arith/expression.js";
import { f32, rint, saturate } from "../arith/float32.js";
import { fail } from "../diagnostics.js";
import type { Tensor } from "../ir/graph.js";
import type { IntegerTensor } from "../ir/integer-graph.js";
import { bytesPerElement, elementCount, typeRange } from "../ir/types.js";
import { borderFunction } from "./border-function.js";
import { type CodeSet, decode, fromBytes, transposed } from "./codes.js";
import { readNpy } from "./npy.js";

/** Reads a whole file, with a coded error. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    return fail("QC6002", `${(error as Error).message}.`, path);
  }
}

/**
 * Vectors of codes for `tensor` from a .npy array (integer codes, or float values that the quantization of `source`, the
 * same input before lowering, turns into codes on the host, behind the function of its border where it has one) or from raw little-endian codes; one or more inferences, back
 * to back.
 */
export function readVectors(path: string, tensor: IntegerTensor, source: Tensor): Int32Array[] {
  const bytes = readBytes(path);
  const count = elementCount(tensor.shape);
  const size = bytesPerElement(tensor.type);
  const npy = path.endsWith(".npy");
  if (!npy && bytes.length % size !== 0) {
    fail("QC6003", `got ${bytes.length} bytes, expected a multiple of the ${size} bytes of one code.`, path);
  }
  const values = npy ? fromNpy(bytes, path, source) : fromBytes(bytes, tensor);
  if (values.length === 0 || values.length % count !== 0) {
    fail(
      "QC6003",
      `got ${values.length} values, expected a multiple of ${count} for input shape [${tensor.shape}].`,
      path,
    );
  }
  return Array.from({ length: values.length / count }, (_, i) => values.slice(i * count, (i + 1) * count));
}

function fromNpy(bytes: Uint8Array, path: string, tensor: Tensor): Int32Array {
  const { quantization, type: codes, border = "x" } = tensor;
  const { type, values } = readNpy(bytes, path);
  if (!type.startsWith("f")) return Int32Array.from(values);
  const { lo, hi } = typeRange(codes);
  const [scale, zeroPoint] = [quantization.scales[0]!, quantization.zeroPoints[0]!];
  const real = borderFunction(tensor);
  // A file may hold several inferences one after another.
  const count = elementCount(tensor.shape);
  return Int32Array.from(values, (value, i) => {
    const result = real(value, i % count);
    if (Number.isNaN(result)) {
      const of = border === "x" ? "" : ` = ${printExpression(border)} at x = ${value}`;
      fail("QC6003", `the array holds a NaN${of}, which has no code.`, path);
    }
    return saturate(rint(f32(result / scale)) + zeroPoint, lo, hi);
  });
}

/** xorshift32 bytes (Marsaglia): x ^= x<<13, x ^= x>>>17, x ^= x<<5, byte = x>>>24. */
export function xorshiftBytes(seed: number, count: number): Uint8Array {
  let x = seed >>> 0 || 1;
  return Uint8Array.from({ length: count }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 24;
  });
}

/** `count` vectors: all least codes, all greatest codes, then seeded noise over the whole type. */
export function seededVectors(tensor: IntegerTensor, count: number, seed: number): Int32Array[] {
  const length = elementCount(tensor.shape);
  const { lo, hi } = typeRange(tensor.type);
  const size = bytesPerElement(tensor.type);
  return Array.from({ length: count }, (_, i) => {
    if (count > 2 && i === 0) return new Int32Array(length).fill(lo);
    if (count > 2 && i === 1) return new Int32Array(length).fill(hi);
    const bytes = xorshiftBytes((seed + i * 0x9e3779b9) >>> 0, length * size);
    const noise = decode(bytes, { bits: 8 * size, signed: false });
    return Int32Array.from(noise, (value) => lo + (value % (hi - lo + 1)));
  });
}

/** Seeded vectors of several tensors; those of the first are what it would get alone. */
export function seededSets(tensors: readonly IntegerTensor[], count: number, seed: number): CodeSet[] {
  return transposed(tensors.map((tensor, k) => seededVectors(tensor, count, (seed + k * 0x85ebca6b) >>> 0)));
}
