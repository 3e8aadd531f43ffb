/** Searches y = clamp((a*ma + b*mb + c) >> shift) equal to a table on every reachable pair of codes. */
import type { Range } from "../../ir/types.js";
import type { AddLinear } from "./add.types.js";

/** The definition and where it must hold. */
export interface AddProblem {
  /** values[(a - aLow) * 256 + (b - bLow)] */
  readonly values: Int32Array;
  readonly aLow: number;
  readonly bLow: number;
  readonly a: Range;
  readonly b: Range;
  /** Real slopes sa/sy and sb/sy: where the search starts. */
  readonly slopeA: number;
  readonly slopeB: number;
  readonly clamp: Range;
}

/** Shifts that leave room for 8-bit codes times multipliers in int32. */
const shifts = { least: 8, greatest: 23 } as const;
/** Multipliers this far from the rounded slope are tried. */
const reach = 3;

/** The constants with the smallest shift, or undefined. Every pair is compared: that is the certificate. */
export function certifyLinear(problem: AddProblem): AddLinear | undefined {
  for (let shift: number = shifts.least; shift <= shifts.greatest; shift++) {
    for (const da of nearFirst) {
      for (const db of nearFirst) {
        const ma = Math.round(problem.slopeA * 2 ** shift) + da;
        const mb = Math.round(problem.slopeB * 2 ** shift) + db;
        const c = offsetFor(problem, ma, mb, shift);
        if (c !== undefined) return { ma, mb, c, shift };
      }
    }
  }
  return undefined;
}

const nearFirst = Array.from({ length: 2 * reach + 1 }, (_, i) => (i % 2 === 0 ? i / 2 : -(i + 1) / 2));

/** Middle of the offsets c with Y*2^s <= a*ma + b*mb + c < (Y+1)*2^s on every pair (one-sided at the clamps). */
function offsetFor(problem: AddProblem, ma: number, mb: number, shift: number): number | undefined {
  const { values, aLow, bLow, clamp } = problem;
  const step = 2 ** shift;
  let least = -Infinity;
  let greatest = Infinity;
  let largest = 0;
  for (let a = problem.a.lo; a <= problem.a.hi; a++) {
    for (let b = problem.b.lo; b <= problem.b.hi; b++) {
      const sum = a * ma + b * mb;
      const y = values[(a - aLow) * 256 + (b - bLow)]!;
      if (y > clamp.lo) least = Math.max(least, y * step - sum);
      if (y < clamp.hi) greatest = Math.min(greatest, (y + 1) * step - 1 - sum);
      largest = Math.max(largest, Math.abs(sum));
    }
    if (least > greatest) return undefined;
  }
  if (least === -Infinity || greatest === Infinity) return undefined; // a constant: left to the tables
  const c = Math.floor((least + greatest) / 2);
  const typeLargest = 255 * (Math.abs(ma) + Math.abs(mb));
  return Math.max(largest, typeLargest) + Math.abs(c) < 2 ** 31 ? c : undefined;
}
