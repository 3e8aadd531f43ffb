/** Constants of the plain form for cores whose vectors keep the high word of a product only (SPEC.md, "Staircases"). */
import { fail } from "../diagnostics.js";
import { certifyPlain, plainConstraints } from "./realise.js";
import type { RequantizeLayer } from "./requantize-layer.js";
import { type Constraints, multipliers, offsets, type SlopeInterval, slopeInterval } from "./slopes.js";
import { isConstant, type Staircase } from "./staircase.js";

/**
 * y = (((acc << scaleBits) + addend) * multiplier >> 32) >> shift, then clamped; where the shift rounds it adds 2^(shift - 1)
 * first.
 */
export interface HighWordChannel {
  /** int32; added to the scaled accumulator. The output zero point is inside. */
  readonly addend: number;
  /** 0 < multiplier < 2^31. */
  readonly multiplier: number;
  /** The addend alone gives the result: the kernel must see the accumulator 0, that is weights and bias of 0. */
  readonly constant: boolean;
}

export interface HighWordRequantization {
  /** 0..8. */
  readonly scaleBits: number;
  /** 1..16, what a narrowing shift takes. */
  readonly shift: number;
  /** One per channel of the layer. */
  readonly channels: readonly HighWordChannel[];
}

/** Layers with equal shifts share code; 12 suits most 8-bit layers, and smaller ones allow steeper slopes. */
const candidateShifts = [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 13, 14, 15, 16];

const power = (exponent: number) => 1n << BigInt(exponent);

/**
 * The high-word form of a layer, certified against every threshold of every channel; undefined where there is none. It is
 * the plain form with multiplier `multiplier << scaleBits`, shift `32 + shift` and offset `addend*multiplier`, plus
 * 2^(31 + shift) where the shift rounds: floors nest.
 */
export function realiseHighWord(layer: RequantizeLayer, rounding: boolean): HighWordRequantization | undefined {
  if (layer.channels.some(({ identity }) => identity)) return undefined;
  const problems = layer.channels.map((staircase): Problem => {
    const constraints = plainConstraints(staircase, layer);
    return { staircase, constraints, slopes: slopeInterval(constraints) };
  });
  if (problems.some(({ slopes }) => !slopes)) return undefined;
  const scaleBits = scaleOf(layer.channels);
  if (scaleBits === undefined) return undefined;
  for (const shift of candidateShifts) {
    const channels: HighWordChannel[] = [];
    for (const problem of problems) {
      const constants = solve(problem, scaleBits, shift, rounding);
      if (!constants) break;
      channels.push(constants);
    }
    if (channels.length < problems.length) continue;
    certify(layer, channels, scaleBits, shift, rounding);
    return { scaleBits, shift, channels };
  }
  return undefined;
}

interface Problem {
  readonly staircase: Staircase;
  readonly constraints: Constraints;
  readonly slopes: SlopeInterval | undefined;
}

/** Scaling by up to 2^8 makes the addend finer than an accumulator's step, so that offsets can be met; half of int32 stays free for it. */
function scaleOf(staircases: readonly Staircase[]): number | undefined {
  const changing = staircases.filter((staircase) => !isConstant(staircase));
  const largest = Math.max(1, ...changing.flatMap(({ lo, hi }) => [-lo, hi]));
  const bits = 30 - Math.ceil(Math.log2(largest + 1));
  return bits < 0 ? undefined : Math.min(8, bits);
}

function solve(problem: Problem, scaleBits: number, shift: number, rounding: boolean): HighWordChannel | undefined {
  const { staircase, constraints, slopes } = problem;
  if (isConstant(staircase)) {
    // 2^30 * 4*first*2^shift / 2^32 = first*2^shift.
    const addend = staircase.first * 2 ** (shift + 2);
    return Math.abs(addend) < 2 ** 31 ? { addend, multiplier: 2 ** 30, constant: true } : undefined;
  }
  const constant = rounding ? power(31 + shift) : 0n;
  const range = multipliers(slopes!, 32 + shift - scaleBits, 31);
  if (!range) return undefined;
  // Helium multiplies by scalars only when it doubles the product.
  const multipliersToTry = rounding
    ? [
        ...candidates(range)
          .map((value) => value - (value & 1n))
          .filter((value) => value >= range[0]),
        ...candidates(range),
      ]
    : candidates(range);
  for (const multiplier of multipliersToTry) {
    if (multiplier === 0n) continue;
    const { least, greatest } = offsets(constraints, multiplier << BigInt(scaleBits), 32 + shift);
    const addend = addendBetween(least, greatest, multiplier, constant, power(31 + shift));
    if (addend !== undefined && fits(staircase, addend, scaleBits))
      return { addend: Number(addend), multiplier: Number(multiplier), constant: false };
  }
  return undefined;
}

/** Some multipliers of [least, greatest], from the middle, whose margins are widest, outwards. */
function candidates([least, greatest]: readonly [bigint, bigint]): bigint[] {
  const places = [8n, 7n, 9n, 6n, 10n, 5n, 11n, 4n, 12n, 3n, 13n];
  return [...new Set(places.map((place) => least + ((greatest - least) * place) / 16n))];
}

/** The addend in the middle of those that keep `addend*multiplier + constant` within the bounds; `half` a step inside an open end. */
function addendBetween(
  least: bigint | undefined,
  greatest: bigint | undefined,
  multiplier: bigint,
  constant: bigint,
  half: bigint,
): bigint | undefined {
  const low = least ?? (greatest === undefined ? half : greatest - half);
  const high = greatest ?? low + half;
  const addend = (low + high - 2n * constant + multiplier) / (2n * multiplier);
  for (const candidate of [addend, addend - 1n, addend + 1n]) {
    const offset = candidate * multiplier + constant;
    if (low <= offset && offset <= high) return candidate;
  }
  return undefined;
}

/** Whether scaled accumulators stay within int32 over the whole reachable interval. */
function fits({ lo, hi }: Staircase, addend: bigint, scaleBits: number): boolean {
  const scaled = (acc: number) => (BigInt(acc) << BigInt(scaleBits)) + addend;
  return scaled(lo) >= -power(31) && scaled(hi) < power(31);
}

/** Compares every threshold again, with the equal constants of the plain form. */
function certify(
  layer: RequantizeLayer,
  channels: readonly HighWordChannel[],
  scaleBits: number,
  shift: number,
  rounding: boolean,
): void {
  const plain = channels.map(({ addend, multiplier, constant }, c) => {
    if (!constant && !fits(layer.channels[c]!, BigInt(addend), scaleBits))
      fail("QC3002", `internal: scaled accumulators of channel ${c} leave int32`);
    return {
      multiplier: constant ? 0 : multiplier * 2 ** scaleBits,
      offset: BigInt(addend) * BigInt(multiplier) + (rounding ? power(31 + shift) : 0n),
      correction: 0n,
    };
  });
  certifyPlain(layer, plain, 32 + shift);
}
