/**
 * Two-lane products (qc_lanes_multiply.h, qc_dense_lanes.h): a register holds two 16-bit lanes, so sums are split before they could
 * leave 16 bits. Here are the proof, the chunks that it allows, and the streams that kernels read.
 */
import { type HighWordRequantization, type RequantizeLayer, realiseHighWord } from "../../compiler/arith/index.js";
import { fail } from "../../compiler/diagnostics.js";
import type { Range } from "../../compiler/ir/index.js";
import { type WeightMatrix, weightSums } from "./matrix.js";
import { byteWords } from "./mve.js";

/** Sums that a lane holds: 16 bits, signed; the kernels' bias of 32768 makes the lower lane unsigned. */
const lane: Range = { lo: -32768, hi: 32767 };

const laneBias = 32768;

/** A matrix with the proven codes of every tap. */
export interface LaneMatrix extends WeightMatrix {
  /** What the kernels take from every code. */
  readonly centre: number;
  codes(tap: number): Range;
}

/** Middle of the codes of all taps, rounded: it makes the largest magnitude least. */
export function laneCentre(codes: (tap: number) => Range, taps: number): number {
  const ranges = Array.from({ length: taps }, (_, tap) => codes(tap));
  return Math.round((Math.min(...ranges.map(({ lo }) => lo)) + Math.max(...ranges.map(({ hi }) => hi))) / 2);
}

/** The reachable sums of taps [from, to) of a channel. */
function chunkRange({ weights, taps, centre, codes }: LaneMatrix, channel: number, from: number, to: number): Range {
  let [lo, hi] = [0, 0];
  for (let tap = from; tap < to; tap++) {
    const weight = weights[channel * taps + tap]!;
    const range = codes(tap);
    const [a, b] = [weight * (range.lo - centre), weight * (range.hi - centre)];
    lo += Math.min(a, b);
    hi += Math.max(a, b);
  }
  return { lo, hi };
}

/** Throws QC3001 where a sum of some chunk, given by numbers of taps, may leave its lane. */
export function requireLanes(matrix: LaneMatrix, channels: readonly number[], chunks: readonly number[]): void {
  let from = 0;
  for (const taps of chunks) {
    for (const channel of channels) {
      const { lo, hi } = chunkRange(matrix, channel, from, from + taps);
      if (lo < lane.lo || hi > lane.hi) {
        const where = `taps ${from} to ${from + taps - 1} of channel ${channel}`;
        fail("QC3001", `the sum of ${where} is ${lo} to ${hi}; expected -32768 to 32767 in a 16-bit lane.`);
      }
    }
    from += taps;
  }
  if (from !== matrix.taps) fail("QC3001", `chunks of ${from} taps; expected ${matrix.taps}.`);
}

/**
 * The fewest chunks of at most `most` taps whose sums stay in their lanes for all of these channels; those of `step` taps or
 * more are rounded down to a multiple of it.
 */
export function laneChunks(matrix: LaneMatrix, channels: readonly number[], most: number, step = 1): number[] {
  const chunks: number[] = [];
  const fits = (from: number, to: number) =>
    channels.every((channel) => {
      const { lo, hi } = chunkRange(matrix, channel, from, to);
      return lo >= lane.lo && hi <= lane.hi;
    });
  for (let from = 0; from < matrix.taps; from += chunks.at(-1)!) {
    let taps = 1;
    while (taps < most && from + taps < matrix.taps && fits(from, from + taps + 1)) taps++;
    chunks.push(taps < step ? taps : taps - (taps % step));
  }
  requireLanes(matrix, channels, chunks);
  return chunks;
}

/** Constants of the kernels: sums times 256. */
export interface LaneConstants {
  readonly shift: number;
  readonly limits: Range;
  readonly channels: HighWordRequantization["channels"];
}

const constants = new WeakMap<RequantizeLayer, LaneConstants | undefined>();

/** Certified constants of the high-word form of a layer with 8-bit results; undefined where there are none. */
export function laneConstants(layer: RequantizeLayer): LaneConstants | undefined {
  if (!constants.has(layer)) {
    const found = layer.clamp.hi - layer.clamp.lo <= 255 ? realiseHighWord(layer, false) : undefined;
    const { shift, channels } = found ?? { shift: 0, channels: [] };
    constants.set(layer, found?.scaleBits === 8 ? { shift, limits: layer.clamp, channels } : undefined);
  }
  return constants.get(layer);
}

/** Of a channel: the addends of sums in upper and in lower lanes, and the multiplier. */
function record({ channels }: LaneConstants, channel: number, missing: number, chunks: number): number[] {
  const { addend, multiplier } = channels[channels.length === 1 ? 0 : channel]!;
  const upper = addend + 256 * missing;
  return [upper >>> 0, (upper - 256 * laneBias * chunks) >>> 0, multiplier];
}

/** The matrix and bias of the sums that kernels build: without the weights of channels whose constants need sums of 0. */
export function laneSums<Matrix extends LaneMatrix>(
  matrix: Matrix,
  bias: Int32Array,
  zeroPoint: number,
  { channels }: LaneConstants,
): { readonly matrix: Matrix; readonly missing: Int32Array } {
  const { taps, centre } = matrix;
  const muted = (channel: number) => channels[channels.length === 1 ? 0 : channel]!.constant;
  const weights = matrix.weights.map((weight, k) => (muted(Math.floor(k / taps)) ? 0 : weight));
  const sums = weightSums(weights, bias.length);
  const missing = bias.map((value, channel) => {
    if (muted(channel)) return 0;
    const sum = sums[channel]!;
    return value - (zeroPoint - centre) * sum;
  });
  return { matrix: { ...matrix, weights }, missing };
}

/** The most taps of a chunk that qc_lanes_multiply.h has code for. */
export const mostLaneTaps = 8;

/** What a pair's first chunk adds to the byte that tells its length. */
const firstChunk = 124;

/** The stream of qc_conv2d_lanes.h; at least two channels. */
export function packLanes(matrix: LaneMatrix, constants: LaneConstants, missing: Int32Array): Uint32Array {
  const { weights, channels, taps, centre } = matrix;
  const { shift, limits } = constants;
  const words = [0, shift, limits.lo, limits.hi, centre];
  for (let next = 0; next < channels; next += 2) {
    // An odd last channel pairs with the one before it.
    const first = Math.min(next, channels - 2);
    const chunks = laneChunks(matrix, [first, first + 1], mostLaneTaps);
    const bytes: number[] = [];
    let tap = 0;
    for (const count of chunks) {
      bytes.push(16 * count + (tap === 0 ? firstChunk : 0));
      for (const end = tap + count; tap < end; tap++) {
        bytes.push(weights[first * taps + tap]!, weights[(first + 1) * taps + tap]!);
      }
    }
    bytes.push(0);
    while (bytes.length % 4 !== 0) bytes.push(0);
    words.push(...byteWords(bytes), first);
    for (const channel of [first, first + 1]) {
      words.push(...record(constants, channel, missing[channel]!, chunks.length));
    }
  }
  words[0] = words.length;
  return Uint32Array.from(words);
}

/** Taps of a step of qc_dense_lanes.h: chunks are shorter, or whole numbers of steps. */
export const denseLaneStep = 8;

/** The stream of qc_dense_lanes.h; at least eight outputs. */
export function packDenseLanes(matrix: LaneMatrix, constants: LaneConstants, missing: Int32Array): Uint32Array {
  const { weights, channels, taps } = matrix;
  const { shift, limits } = constants;
  const words = [0, shift, limits.lo, limits.hi];
  for (let next = 0; next < channels; next += 8) {
    // The last eight reach back over outputs that are done.
    const first = Math.min(next, channels - 8);
    const eight = Array.from({ length: 8 }, (_, i) => first + i);
    const chunks = laneChunks(matrix, eight, taps, denseLaneStep);
    let tap = 0;
    for (const count of chunks) {
      words.push(16 * count);
      for (const end = tap + count; tap < end; tap++) {
        for (let o = first; o < first + 8; o += 2) {
          words.push((weights[o * taps + tap]! + weights[(o + 1) * taps + tap]! * 65536) >>> 0);
        }
      }
    }
    words.push(0, first);
    for (const o of eight) {
      const [upper, lower, multiplier] = record(constants, o, missing[o]!, chunks.length);
      words.push(o % 2 === first % 2 ? lower! : upper!, multiplier!);
    }
  }
  words[0] = words.length;
  return Uint32Array.from(words);
}
