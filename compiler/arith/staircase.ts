/**
 * Staircases: monotone step functions from an integer interval to a small integer range (SPEC.md, "Staircases").
 * A staircase is a definition; `realise.ts` finds constants that provably compute it.
 */
import { fail } from "../diagnostics.js";
import type { Range } from "../ir/types.js";

export interface Staircase {
  /** Reachable accumulator interval, both ends included. */
  readonly lo: number;
  readonly hi: number;
  /** Output code at `lo`, zero point included. */
  readonly first: number;
  /** `thresholds[k]` is the smallest accumulator whose value is at least `first + k + 1`; non-decreasing, within (lo, hi]. */
  readonly thresholds: Int32Array;
  /** Present when the value is `first + acc - lo`: an accumulator that is its own code has no list of thresholds. */
  readonly identity?: true;
}

/** The staircase of accumulators that are their own codes. */
export function identityStaircase({ lo, hi }: Range): Staircase {
  return { lo, hi, first: lo, thresholds: new Int32Array(), identity: true };
}

/** Whether the value is one and the same over the whole reachable interval. */
export function isConstant({ thresholds, identity, lo, hi }: Staircase): boolean {
  return thresholds.length === 0 && (!identity || lo === hi);
}

/** Codes of 16 bits have as many steps. */
export const mostThresholds = 65535;

/** Throws QC3002 for a result of more steps than 16-bit codes have. */
export function requireSteps(steps: number): void {
  if (steps > mostThresholds) {
    fail(
      "QC3002",
      `a requantization with ${steps} steps; expected results of at most 16 bits, or sums left as they are.`,
    );
  }
}

/** The output code for accumulator `acc`: `first` plus the number of thresholds at or below `acc` (binary search). */
export function evaluateStaircase(staircase: Staircase, acc: number): number {
  const { thresholds } = staircase;
  if (staircase.identity) return staircase.first + acc - staircase.lo;
  let below = 0;
  let end = thresholds.length;
  while (below < end) {
    const middle = (below + end) >> 1;
    if (thresholds[middle]! <= acc) below = middle + 1;
    else end = middle;
  }
  return staircase.first + below;
}

/** The largest value, reached at `hi`. */
export function lastValue(staircase: Staircase): number {
  return staircase.first + (staircase.identity ? staircase.hi - staircase.lo : staircase.thresholds.length);
}

/**
 * Builds the staircase of a monotone non-decreasing function by bisection over [lo, hi].
 * `guess(code)` may give a starting accumulator near the threshold of `code`; it affects speed only.
 */
export function staircaseOf(
  value: (acc: number) => number,
  lo: number,
  hi: number,
  guess?: (code: number) => number,
): Staircase {
  const first = value(lo);
  const last = value(hi);
  requireSteps(last - first);
  const thresholds = new Int32Array(last - first);
  let floor = lo;
  for (let k = 0; k < thresholds.length; k++) {
    floor = findThreshold(value, first + k + 1, floor, hi, guess);
    thresholds[k] = floor;
    floor -= 1;
  }
  return { lo, hi, first, thresholds };
}

/** Smallest acc in (below, hi] with value(acc) >= code, given value(hi) >= code. */
function findThreshold(
  value: (acc: number) => number,
  code: number,
  below: number,
  hi: number,
  guess?: (code: number) => number,
): number {
  let low = below; // value(low) < code, or low is just under the previous threshold
  let high = hi; // value(high) >= code
  if (guess) {
    const near = Math.round(guess(code));
    // A good guess is the threshold: two values prove it. Otherwise every value halves what is left, near the guess first.
    for (const radius of [0, 4, 16, 64]) {
      for (const acc of [near - Math.max(radius, 1), near + radius]) {
        if (acc <= low || acc >= high) continue;
        if (value(acc) < code) low = acc;
        else high = acc;
      }
      if (high - low <= Math.max(2 * radius, 1)) break;
    }
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (value(middle) >= code) high = middle;
    else low = middle;
  }
  return high;
}
