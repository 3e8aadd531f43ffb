/** Weights in chunks whose sums of products fit the halves of a word; see qc_halves_multiply.h. */
import type { IntegerTensor } from "../../compiler/ir/index.js";
import type { Weights } from "../../compiler/ops/weights.js";
import type { WeightMatrix } from "./matrix.js";

/** Channels of a matrix product that share chunks. */
export const halvesOutputs = 8;

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

/** Largest magnitude of the codes of a tensor of at most 8 bits as they are stored. */
export function storedMagnitude({ ranges }: IntegerTensor): number {
  return ranges.reduce((most, { lo, hi }) => Math.max(most, Math.abs(lo), Math.abs(hi)), 0);
}

/** Lengths of successive chunks of a channel's weights, each as long as the sum of its products with codes up to `magnitude` surely fits a half. */
export function chunkLengths(weights: Weights, magnitude: number): number[] {
  return lengthsOf([weights], magnitude, longest);
}

/** The same for the `halvesOutputs` channels from `first` on, which share their chunks. */
export function jointChunkLengths(
  { channels, taps, weights }: WeightMatrix,
  first: number,
  magnitude: number,
): number[] {
  const rows = Array.from({ length: Math.min(halvesOutputs, channels - first) }, (_, i) =>
    weights.subarray((first + i) * taps, (first + i + 1) * taps),
  );
  return lengthsOf(rows, magnitude, Infinity);
}

function lengthsOf(rows: readonly Weights[], magnitude: number, most: number): number[] {
  const lengths: number[] = [];
  const sums = rows.map(() => 0);
  let length = 0;
  for (let tap = 0; tap < rows[0]!.length; tap++) {
    const products = rows.map((row) => Math.abs(row[tap]!) * magnitude);
    if (length === most || products.some((product, i) => sums[i]! + product > halfLimit)) {
      lengths.push(length);
      length = 0;
      sums.fill(0);
    }
    length++;
    for (const [i, product] of products.entries()) sums[i]! += product;
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

/** Outputs of each byte of the two words that an input has for eight outputs. */
const outputsOfBytes: readonly (readonly number[])[] = [
  [1, 0, 5, 4],
  [3, 2, 7, 6],
];

/** Per chunk its length and per input two words of eight channels from `first` on, each weight with 128 added; then a 0. */
export function packOutputs(
  { channels, taps, weights }: WeightMatrix,
  first: number,
  lengths: readonly number[],
): number[] {
  const byte = (channel: number, tap: number) => 128 + (channel < channels ? weights[channel * taps + tap]! : 0);
  const stream: number[] = [];
  let tap = 0;
  for (const length of lengths) {
    stream.push(length);
    for (const end = tap + length; tap < end; tap++) {
      for (const outputs of outputsOfBytes) {
        stream.push(outputs.reduce((word, output, i) => word + byte(first + output, tap) * 256 ** i, 0));
      }
    }
  }
  return [...stream, 0];
}
