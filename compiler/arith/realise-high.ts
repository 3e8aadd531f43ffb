/** Certified constants of the high-word form: two instructions where the high word of a product is one (SPEC.md). */

import { ceilDivide, floorDivide } from "./rational.js";
import { plainConstraints } from "./realise.js";
import type { RequantizeLayer } from "./requantize-layer.js";
import { type Constraints, multipliers, offsets, type SlopeInterval, slopeInterval } from "./slopes.js";
import type { Staircase } from "./staircase.js";

/** y = (high word of (scale*acc + start)*multiplier, plus addend) >> shift, then the clamp to the layer's codes. */
export interface HighConstants {
  /** Below 2^24; scale*acc + start is an int32 for every reachable accumulator. */
  readonly start: number;
  /** 0 <= multiplier < 2^31. */
  readonly multiplier: number;
  /** int32; the output zero point is inside. */
  readonly addend: number;
}

export interface HighRequantization {
  readonly shift: number;
  /** One per channel asked for. */
  readonly channels: readonly HighConstants[];
}

interface Problem {
  readonly staircase: Staircase;
  /** What the kernel's accumulator lacks of the staircase's. */
  readonly missing: number;
  readonly constraints: Constraints;
  readonly slopes: SlopeInterval | undefined;
  readonly scale: number;
}

const word = 1n << 32n;
const mostInt32 = 2n ** 31n - 1n;

/**
 * Constants for a kernel whose accumulator of channel c is the staircase's less `missing[c]`, with the first of `shifts`
 * (0..31) that serves all channels; undefined where none does, or where `scale` times an accumulator could leave int32.
 * `scale` is a power of two from 1 to 256: kernels that scale their sums leave the multiplier more bits.
 *
 * Floors nest: with a = scale*acc + start the form is floor((a*m + addend*2^32) / 2^(32 + shift)), the plain form of
 * multiplier scale*m and offset start*m + addend*2^32. `start` makes the offset's low word, which SMMLA cannot add, nearly free.
 */
export function realiseHigh(
  layer: RequantizeLayer,
  missing: ArrayLike<number>,
  shifts: readonly number[],
  scale = 256,
): HighRequantization | undefined {
  if (layer.channels.some(({ identity }) => identity)) return undefined;
  const problems = Array.from(missing, (lacking, c): Problem => {
    const staircase = layer.channels[layer.channels.length === 1 ? 0 : c]!;
    const constraints = plainConstraints(staircase, layer);
    return { staircase, missing: lacking, constraints, slopes: slopeInterval(constraints), scale };
  });
  if (!problems.every(fits)) return undefined;
  for (const shift of shifts) {
    const channels: HighConstants[] = [];
    for (const problem of problems) {
      const constants = solve(problem, shift);
      if (!constants) break;
      channels.push(constants);
    }
    if (channels.length === problems.length) return { shift, channels };
  }
  return undefined;
}

/** Whether scale*acc is an int32 for every reachable accumulator of the kernel. */
function fits({ staircase: { lo, hi }, missing, slopes, scale }: Problem): boolean {
  return slopes !== undefined && scale * (lo - missing) >= -(2 ** 31) && scale * (hi - missing) < 2 ** 31;
}

function solve(problem: Problem, shift: number): HighConstants | undefined {
  const { staircase, missing, constraints, slopes } = problem;
  const scale = BigInt(problem.scale);
  if (staircase.thresholds.length === 0) {
    return { start: 0, multiplier: 0, addend: staircase.first * 2 ** shift };
  }
  const range = multipliers(slopes!, shift + 32 - Math.log2(problem.scale), 31);
  if (!range) return undefined;
  for (const multiplier of candidates(range)) {
    const { least, greatest } = offsets(constraints, scale * multiplier, shift + 32);
    const moved = scale * BigInt(missing) * multiplier;
    const bounds = [least, greatest].map((bound) => (bound === undefined ? undefined : bound + moved));
    // 256 starts whose products with the multiplier are spread over a whole word.
    const step = multiplier === 0n ? 1n : ceilDivide(word, 256n * multiplier);
    for (let start = 0n; start < 256n * step; start += step) {
      const addend = addendBetween(bounds[0], bounds[1], start * multiplier, shift);
      if (addend === undefined) continue;
      const constants = { start: Number(start), multiplier: Number(multiplier), addend: Number(addend) };
      if (inWord(problem, constants)) return constants;
    }
  }
  return undefined;
}

/** Some multipliers of [least, greatest], from the middle, whose margins are widest, outwards. */
function candidates([least, greatest]: readonly [bigint, bigint]): bigint[] {
  const places = [8n, 7n, 9n, 6n, 10n, 5n, 11n, 4n, 12n, 3n, 13n, 2n, 14n, 1n, 15n];
  return [...new Set(places.map((place) => least + ((greatest - least) * place) / 16n))];
}

/** An addend in the middle of those that keep `low + addend*2^32` within the bounds; half a step inside an open end. */
function addendBetween(
  least: bigint | undefined,
  greatest: bigint | undefined,
  low: bigint,
  shift: number,
): bigint | undefined {
  const half = (1n << BigInt(shift)) / 2n;
  const from = least === undefined ? undefined : ceilDivide(least - low, word);
  const to = greatest === undefined ? undefined : floorDivide(greatest - low, word);
  if (from === undefined) return to === undefined ? half : to - half;
  if (to === undefined) return from + half;
  return from <= to ? (from + to) >> 1n : undefined;
}

/** Whether the scaled accumulator, the addend and the sum of high word and addend are int32 over all reachable accumulators. */
function inWord({ staircase, missing, scale }: Problem, { start, multiplier, addend }: HighConstants): boolean {
  const isWord = (value: bigint) => value >= -mostInt32 - 1n && value <= mostInt32;
  const sum = (acc: number) =>
    floorDivide((BigInt(scale) * BigInt(acc - missing) + BigInt(start)) * BigInt(multiplier), word) + BigInt(addend);
  const scaled = scale * (staircase.hi - missing) + start;
  return scaled < 2 ** 31 && isWord(BigInt(addend)) && isWord(sum(staircase.lo)) && isWord(sum(staircase.hi));
}

/** The form's value before the clamp, for checks, of `scaled` = scale*acc: floor((floor((scaled + start)*multiplier / 2^32) + addend) / 2^shift). */
export function evaluateHigh({ start, multiplier, addend }: HighConstants, shift: number, scaled: number): number {
  const high = floorDivide((BigInt(scaled) + BigInt(start)) * BigInt(multiplier), word);
  return Number((high + BigInt(addend)) >> BigInt(shift));
}
