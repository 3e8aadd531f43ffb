/** Weights in chunks whose sums of products fit the halves of a word; see qc_halves_multiply.h. */
import type { IntegerTensor } from "../../compiler/ir/index.js";
import type { WeightMatrix } from "./matrix.js";

/** What a half holds: a sum of either sign. */
export const halfLimit = 2 ** 15 - 1;

/** The most weights of a chunk: a byte tells their number. */
const longest = 127;

/** Largest magnitude of the codes of a tensor of at most 8 bits as the kernels pack them: unsigned ones less 128; `zero` is the code of padding. */
export function packedMagnitude({ type, ranges }: IntegerTensor, zero: number): number {
  const offset = type.signed ? 0 : 128;
  const codes = [zero, ...ranges.flatMap(({ lo, hi }) => [lo, hi])];
  return codes.reduce((most, code) => Math.max(most, Math.abs(code - offset)), 0);
}

/** Lengths of successive chunks of a channel's weights, each as long as the sum of its products with codes up to `magnitude` surely fits a half. */
export function chunkLengths(weights: ArrayLike<number>, magnitude: number): number[] {
  const lengths: number[] = [];
  let length = 0;
  let sum = 0;
  for (let tap = 0; tap < weights.length; tap++) {
    const product = Math.abs(weights[tap]!) * magnitude;
    if (length === longest || sum + product > halfLimit) {
      lengths.push(length);
      length = 0;
      sum = 0;
    }
    length++;
    sum += product;
  }
  return [...lengths, length];
}

/** Per channel, per chunk its length and its weights; then a 0. */
export function packChunks({ channels, taps, weights }: WeightMatrix, magnitude: number): number[] {
  const stream: number[] = [];
  for (let c = 0; c < channels; c++) {
    const row = weights.subarray(c * taps, (c + 1) * taps);
    let tap = 0;
    for (const length of chunkLengths(row, magnitude)) {
      stream.push(length, ...row.subarray(tap, tap + length));
      tap += length;
    }
    stream.push(0);
  }
  return stream;
}
