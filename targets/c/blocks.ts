/** Streams of weights and constants for the kernels of qc_blocks.h. */
import { type HighConstants, type RequantizeLayer, realiseHigh, realiseHighWord } from "../../compiler/arith/index.js";
import { type IntegerType, typeRange } from "../../compiler/ir/index.js";
import type { Weights } from "../../compiler/ops/weights.js";

/** Right shifts behind the high word, from the one that serves the most layers: layers of one shift share a kernel. */
const blockShifts = [12, 11, 13, 10, 14, 9, 15, 8, 16, 7, 17, 6, 18, 5, 4];

/** The same for dense layers, whose scales differ more: one shift for most layers of AnomalyDetection. */
export const denseShifts = [10, 9, 11, 8, 12, 7, 13, 6, 14, 5, 15, 4, 16];

export interface BlockConstants {
  readonly shift: number;
  /** One per output channel. */
  readonly channels: readonly HighConstants[];
}

/**
 * Certified constants of the high-word form for kernels that saturate at the output type's own limits; undefined where the
 * layer clamps elsewhere or has none. The kernel's accumulator of channel c lacks `missing[c]` of the staircase's.
 */
export function blockConstants(
  layer: RequantizeLayer,
  type: IntegerType,
  missing: Int32Array,
  shifts: readonly number[] = blockShifts,
  scale?: number,
): BlockConstants | undefined {
  return wholeRange(layer, type) ? realiseHigh(layer, missing, shifts, scale) : undefined;
}

/** The same without addends, for accumulators scaled by 256; the weights of a `constant` channel must be 0. */
export function productConstants(
  layer: RequantizeLayer,
  type: IntegerType,
  missing: Int32Array,
): (BlockConstants & { readonly constant: readonly boolean[] }) | undefined {
  const found = wholeRange(layer, type) ? realiseHighWord(layer, false) : undefined;
  if (found?.scaleBits !== 8) return undefined;
  const channels = Array.from(missing, (_, c) => found.channels[found.channels.length === 1 ? 0 : c]!);
  return {
    shift: found.shift,
    channels: channels.map(({ addend, multiplier, constant }, c) => ({
      start: (addend + (constant ? 0 : 256 * missing[c]!)) >>> 0,
      multiplier,
      addend: 0,
    })),
    constant: channels.map(({ constant }) => constant),
  };
}

/** Whether a layer clamps to the limits of its 8-bit type, as saturating instructions do. */
export function wholeRange({ clamp }: RequantizeLayer, type: IntegerType): boolean {
  const { lo, hi } = typeRange(type);
  return type.bits === 8 && clamp.lo === lo && clamp.hi === hi;
}

/** One group's weights: kernel rows of `columns` taps each. */
export interface BlockMatrix {
  /** Channel o's taps start at `weights[o * rows * columns]`. */
  readonly weights: Weights;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** The pairs of channels that share lanes: neighbours; an odd last channel pairs with the one before it. */
export function channelPairs(channels: number): [number, number][] {
  return Array.from({ length: Math.ceil(channels / 2) }, (_, i) => {
    const first = Math.min(2 * i, channels - 2);
    return [first, first + 1];
  });
}

/** Outputs four by four; the last four overlap those before where four do not divide them. */
function channelQuads(channels: number): number[] {
  return Array.from({ length: Math.ceil(channels / 4) }, (_, i) => Math.min(4 * i, channels - 4));
}

/** Whether no pair is (-128, negative), which no 16-bit lane holds. */
export function lanesHold({ weights, channels, rows, columns }: BlockMatrix): boolean {
  const taps = rows * columns;
  const pairs = [
    ...channelPairs(channels),
    ...channelQuads(channels).flatMap((o) => [
      [o, o + 1],
      [o + 2, o + 3],
    ]),
  ];
  return pairs.every(([a, b]) => {
    for (let tap = 0; tap < taps; tap++)
      if (weights[a! * taps + tap]! === -128 && weights[b! * taps + tap]! < 0) return false;
    return true;
  });
}

/**
 * The taps of each word pair of lanes, in order, as [row, column]: kernel rows rounded up to four codes; of three rows with
 * one code more than whole words, these last codes share four places.
 */
export function blockTaps(rows: number, columns: number): [number, number][] {
  const gathers = rows === 3 && columns > 4 && columns % 4 === 1;
  const whole = gathers ? columns - 1 : Math.ceil(columns / 4) * 4;
  const taps = Array.from({ length: rows * whole }, (_, k): [number, number] => [Math.floor(k / whole), k % whole]);
  if (gathers) taps.push([0, whole], [1, whole], [2, whole], [3, whole]);
  return taps;
}

/** The stream of one group; `constants` has its channels alone, with addends or without. */
export function packBlocks(matrix: BlockMatrix, constants: readonly HighConstants[], adds: boolean): Uint32Array {
  const { weights, channels, rows, columns } = matrix;
  const taps = blockTaps(rows, columns);
  const words: number[] = [];
  for (const [a, b] of channelPairs(channels)) {
    const lane = ([row, column]: readonly [number, number]) => {
      if (row >= rows || column >= columns) return 0;
      const tap = row * columns + column;
      return (256 * weights[a * rows * columns + tap]! + weights[b * rows * columns + tap]!) & 0xffff;
    };
    const [first, second] = [constants[a]!, constants[b]!];
    words.push(first.start);
    for (let at = 0; at < taps.length; at += 4)
      for (const k of [at, at + 1]) words.push(lane(taps[k]!) | (lane(taps[k + 2]!) << 16));
    words.push(second.start);
    for (const { multiplier, addend } of [first, second]) words.push(multiplier, ...(adds ? [addend] : []));
  }
  return Uint32Array.from(words);
}

/** The stream of one group for qc_blocks16.h, whose weights have a lane each, scaled by 256; weights are of 8 bits. */
export function packBlocks16(matrix: BlockMatrix, constants: readonly HighConstants[], adds: boolean): Uint32Array {
  const { weights, channels, rows, columns } = matrix;
  const taps = blockTaps(rows, columns);
  const words: number[] = [];
  const lane = (o: number, [row, column]: readonly [number, number]) =>
    row < rows && column < columns ? (256 * weights[(o * rows + row) * columns + column]!) & 0xffff : 0;
  for (const pair of channelPairs(channels)) {
    words.push(...pair.map((o) => constants[o]!.start));
    for (let at = 0; at < taps.length; at += 4)
      for (const k of [at, at + 1]) for (const o of pair) words.push(lane(o, taps[k]!) | (lane(o, taps[k + 2]!) << 16));
    for (const o of pair) words.push(constants[o]!.multiplier, ...(adds ? [constants[o]!.addend] : []));
  }
  return Uint32Array.from(words);
}

/** The stream of qc_dense_blocks.h for a matrix of one row of taps. */
export function packDense(
  { weights, channels, columns }: BlockMatrix,
  constants: readonly HighConstants[],
): Uint32Array {
  const words: number[] = [];
  const lane = (o: number, k: number) =>
    k < columns ? (256 * weights[o * columns + k]! + weights[(o + 1) * columns + k]!) & 0xffff : 0;
  for (const quad of channelQuads(channels)) {
    words.push(constants[quad]!.start, constants[quad + 2]!.start);
    for (let k = 0; k < Math.ceil(columns / 8) * 8; k += 4)
      for (const o of [quad, quad + 2])
        for (const tap of [k, k + 1]) words.push(lane(o, tap) | (lane(o, tap + 2) << 16));
    for (const o of [quad, quad + 2]) {
      const [first, second] = [constants[o]!, constants[o + 1]!];
      words.push(second.start, first.multiplier, first.addend, second.multiplier, second.addend);
    }
  }
  return Uint32Array.from(words);
}
