/** Weights of matrix products in the order the kernels read them. */
import type { Weights } from "../../compiler/ops/weights.js";

/** The weights of one group: `weights[(channel * taps) + tap]`. */
export interface WeightMatrix {
  readonly channels: number;
  readonly taps: number;
  readonly weights: Weights;
}

const roundUp = (value: number, step: number) => Math.ceil(value / step) * step;

/** Channel numbers of `channels` rounded up to `step` slots; -1 marks padding. */
export function channelSlots(first: number, channels: number, step: number): number[] {
  return Array.from({ length: roundUp(channels, step) }, (_, i) => (i < channels ? first + i : -1));
}

/** Sum of the weights of each channel. */
export function weightSums(weights: Weights, channels: number): Int32Array {
  const taps = weights.length / channels;
  const sums = new Int32Array(channels);
  for (let k = 0; k < weights.length; k++) sums[Math.floor(k / taps)]! += weights[k]!;
  return sums;
}

/** Per `step` channels, per tap: one weight per channel. */
export function interleave({ channels, taps, weights }: WeightMatrix, step: number): Int8Array {
  const size = roundUp(channels, step) * taps;
  const packed = new Int8Array(size);
  for (let c = 0; c < channels; c++) {
    const base = Math.floor(c / step) * step * taps + (c % step);
    for (let tap = 0; tap < taps; tap++) packed[base + tap * step] = weights[c * taps + tap]!;
  }
  return packed;
}

/**
 * Per four channels, per four taps, per channel: the four taps, of int8 weights in the order 0, 2, 1, 3; see
 * qc_conv2d_wide.h.
 */
export function packWide({ channels, taps, weights }: WeightMatrix, inPlace = false): Weights {
  const quads = Math.ceil(taps / 4);
  const narrow = weights instanceof Int8Array;
  const size = roundUp(channels, 4) * 4 * quads;
  const packed = narrow ? new Int8Array(size) : new Int16Array(size);
  const order = narrow !== inPlace ? [0, 2, 1, 3] : [0, 1, 2, 3];
  for (let c = 0; c < channels; c++) {
    const block = Math.floor(c / 4) * 16 * quads + (c % 4) * 4;
    for (let tap = 0; tap < taps; tap++) {
      packed[block + Math.floor(tap / 4) * 16 + order[tap % 4]!] = weights[c * taps + tap]!;
    }
  }
  return packed;
}

/**
 * Whether the lanes of qc_conv2d_pairs.h may carry: no pair (-128, negative), and 256 times the first channel's sum fits
 * 32 bits for inputs up to `largestCode` in magnitude.
 */
export function pairsCarry({ channels, taps, weights }: WeightMatrix, largestCode: number): boolean {
  for (let c = 0; c < channels; c += 2) {
    let magnitude = 0;
    for (let tap = 0; tap < taps; tap++) {
      const first = weights[c * taps + tap]!;
      const second = c + 1 < channels ? weights[(c + 1) * taps + tap]! : 0;
      if (first === -128 && second < 0) return false;
      magnitude += Math.abs(first) * largestCode;
    }
    if (magnitude * 256 >= 2 ** 31) return false;
  }
  return true;
}

/** Per two channels, per four taps: words of taps (0, 2) and (1, 3); see qc_conv2d_pairs.h. `together` channels alternate. */
export function packPairs({ channels, taps, weights }: WeightMatrix, carried: boolean, together: 2 | 4): Uint32Array {
  const quads = Math.ceil(taps / 4);
  const packed = new Uint32Array(roundUp(channels, together) * quads);
  const weight = (c: number, tap: number) => (c < channels && tap < taps ? weights[c * taps + tap]! : 0);
  const lane = (c: number, tap: number) => {
    const first = weight(c, tap);
    const second = weight(c + 1, tap);
    return (carried ? 256 * first + second : 256 * first + (second & 255)) & 0xffff;
  };
  let at = 0;
  for (let block = 0; block < channels; block += together) {
    for (let quad = 0; quad < quads; quad++) {
      for (let c = block; c < block + together; c += 2) {
        for (const tap of [4 * quad, 4 * quad + 1]) packed[at++] = (lane(c, tap) | (lane(c, tap + 2) << 16)) >>> 0;
      }
    }
  }
  return packed;
}
