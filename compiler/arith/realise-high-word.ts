/** Constants of the plain form for cores whose vectors multiply to the high word only (SPEC.md, "Staircases", high-word form). */
import { fail } from "../diagnostics.js";
import { certifyPlain, constraintsOfPlain } from "./realise.js";
import type { RequantizeLayer } from "./requantize-layer.js";
import { type Constraints, multipliers, offsets, type SlopeInterval, slopeInterval } from "./slopes.js";
import { isConstant, type Staircase } from "./staircase.js";

/** y = ((((acc << scaleBits) + addend) * multiplier >> 32) + offset) >> shift, then clamped. */
export interface HighWordChannel {
  /** int32; added to the scaled accumulator. */
  readonly addend: number;
  /** 0 <= multiplier < 2^31. */
  readonly multiplier: number;
  /** Magnitude at most 2^30. */
  readonly offset: number;
}

export interface HighWordRequantization {
  /** 0..8. */
  readonly scaleBits: number;
  /** 1..16, what a narrowing shift takes. */
  readonly shift: number;
  /** One per channel of the layer. */
  readonly channels: readonly HighWordChannel[];
}

/** Layers with equal shifts share code; 12 suits most of 8-bit networks, and finer slopes come with smaller ones. */
const candidateShifts = [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 13, 14, 15, 16];

const power = (exponent: number) => 1n << BigInt(exponent);
const offsetLimit = power(30);

/**
 * The high-word form of a layer, certified against every threshold of every channel; undefined where there is none. It is the plain form with multiplier `multiplier << scaleBits`, shift
 * `32 + shift`, and an offset of the shape `addend*multiplier + offset*2^32`.
 */
export function realiseHighWord(layer: RequantizeLayer): HighWordRequantization | undefined {
  if (layer.channels.some(({ identity }) => identity)) return undefined;
  const problems = layer.channels.map((staircase): Problem => {
    const constraints = constraintsOfPlain(staircase, layer);
    return { staircase, constraints, slopes: isConstant(staircase) ? undefined : slopeInterval(constraints) };
  });
  if (problems.some(({ staircase, slopes }) => !isConstant(staircase) && !slopes)) return undefined;
  const scaleBits = scaleOf(layer.channels);
  if (scaleBits === undefined) return undefined;
  for (const shift of candidateShifts) {
    const channels: HighWordChannel[] = [];
    for (const problem of problems) {
      const constants = solve(problem, scaleBits, shift);
      if (!constants) break;
      channels.push(constants);
    }
    if (channels.length < problems.length) continue;
    certify(layer, channels, scaleBits, shift);
    return { scaleBits, shift, channels };
  }
  return undefined;
}

interface Problem {
  readonly staircase: Staircase;
  readonly constraints: Constraints;
  readonly slopes: SlopeInterval | undefined;
}

/** Scaling by up to 2^8 makes one accumulator step coarser than the addend's, so that offsets can be met; half of int32 stays free for the addend. */
function scaleOf(staircases: readonly Staircase[]): number | undefined {
  const largest = Math.max(1, ...staircases.filter((s) => !isConstant(s)).flatMap(({ lo, hi }) => [-lo, hi]));
  const bits = 30 - Math.ceil(Math.log2(largest + 1));
  return bits < 0 ? undefined : Math.min(8, bits);
}

function solve(
  { staircase, constraints, slopes }: Problem,
  scaleBits: number,
  shift: number,
): HighWordChannel | undefined {
  if (!slopes) {
    const offset = staircase.first * 2 ** shift + 2 ** (shift - 1);
    return BigInt(Math.abs(offset)) <= offsetLimit ? { addend: 0, multiplier: 0, offset } : undefined;
  }
  const range = multipliers(slopes, 32 + shift - scaleBits, 31);
  if (!range) return undefined;
  // The middle leaves the widest margins.
  const multiplier = (range[0] + range[1]) / 2n;
  if (multiplier === 0n) return undefined;
  const { least, greatest } = offsets(constraints, multiplier << BigInt(scaleBits), 32 + shift);
  const half = power(31 + shift);
  const low = least ?? (greatest === undefined ? 0n : greatest - half);
  const high = greatest ?? low + half;
  const middle = (low + high) >> 1n;
  // Among offset*2^32 + addend*multiplier the nearest to the middle; addends of each further offset have another remainder.
  for (let step = 0n; step < 64n; step++) {
    const offset = (middle >> 32n) - step;
    const addend = (middle - (offset << 32n) + multiplier / 2n) / multiplier;
    const value = (offset << 32n) + addend * multiplier;
    if (value < low || value > high || offset < -offsetLimit || offset > offsetLimit) continue;
    if (!fits(staircase, addend, scaleBits)) return undefined;
    return { addend: Number(addend), multiplier: Number(multiplier), offset: Number(offset) };
  }
  return undefined;
}

/** Whether scaled accumulators stay within int32 over the whole reachable interval. */
function fits({ lo, hi }: Staircase, addend: bigint, scaleBits: number): boolean {
  const scaled = (acc: number) => (BigInt(acc) << BigInt(scaleBits)) + addend;
  return scaled(lo) >= -power(31) && scaled(hi) < power(31);
}

/** Compares every threshold again, with the equal constants of the plain form. */
function certify(layer: RequantizeLayer, channels: readonly HighWordChannel[], scaleBits: number, shift: number): void {
  const plain = channels.map(({ addend, multiplier, offset }, c) => {
    if (!isConstant(layer.channels[c]!) && !fits(layer.channels[c]!, BigInt(addend), scaleBits))
      fail("QC3002", `internal: scaled accumulators of channel ${c} leave int32`);
    return {
      multiplier: multiplier * 2 ** scaleBits,
      offset: BigInt(addend) * BigInt(multiplier) + (BigInt(offset) << 32n),
      correction: 0n,
    };
  });
  certifyPlain(layer, plain, 32 + shift);
}
