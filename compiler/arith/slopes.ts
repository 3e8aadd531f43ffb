/**
 * Which slopes m / 2^s can realise a staircase (SPEC.md, "Staircases").
 *
 * floor((acc*m + b) / 2^s) meets a staircase exactly when
 *   t*m + b >= J*2^s        for every lower constraint (t, J), and
 *   u*m + b <= J*2^s - 1    for every upper constraint (u, J).
 * Eliminating b: (J_j - J_i)*2^s > (u_j - t_i)*m for every pair, so the usable slopes mu = m / 2^s are the dyadic
 * rationals inside one open interval that does not depend on s. Its ends are the roots of the concave, piecewise linear
 * g(mu) = min_j (J_j - u_j*mu) - max_i (J_i - t_i*mu), found by Newton's method from outside, exactly.
 */
import { ceilDivide, floorDivide, type Rational } from "./rational.js";

/** Parallel arrays: at accumulator `at[k]` the value must reach (lower) or stay below (upper) `code[k]`. */
export interface Bounds {
  readonly at: readonly number[];
  readonly code: readonly number[];
}

export interface Constraints {
  readonly lower: Bounds;
  readonly upper: Bounds;
}

/**
 * The constraints that bind at some non-negative slope, which decide all others: corners of the convex hull, some twenty of 255.
 * Positions and codes must not decrease.
 */
export function binding({ lower, upper }: Constraints): Constraints {
  return { lower: hull(lower, 1), upper: hull(upper, -1) };
}

/** Corners of the hull's upper side (1) or lower side (-1); products are below 2^50, hence exact. */
function hull({ at, code }: Bounds, side: 1 | -1): Bounds {
  const corners: number[] = [];
  for (let k = 0; k < at.length; k++) {
    while (corners.length > 1) {
      const [i, j] = [corners.at(-2)!, corners.at(-1)!];
      const turn = (at[j]! - at[i]!) * (code[k]! - code[j]!) - (code[j]! - code[i]!) * (at[k]! - at[j]!);
      if (turn * side < 0) break;
      corners.pop();
    }
    corners.push(k);
  }
  return { at: corners.map((k) => at[k]!), code: corners.map((k) => code[k]!) };
}

/** Open interval of slopes; `high` undefined means unbounded. */
export interface SlopeInterval {
  readonly low: Rational;
  readonly high: Rational | undefined;
}

/** The open interval of usable non-negative slopes, or undefined when it is empty. */
export function slopeInterval(constraints: Constraints): SlopeInterval | undefined {
  if (constraints.lower.at.length === 0 || constraints.upper.at.length === 0) {
    return { low: { numerator: -1n, denominator: 1n }, high: undefined };
  }
  // Codes of 16 bits rise by less than 2^17 from one accumulator to the next, so every root lies below.
  const high = newton(constraints, { numerator: 1n << 17n, denominator: 1n }, 1);
  if (high === "empty") return undefined;
  const low = newton(constraints, { numerator: 0n, denominator: 1n }, -1);
  if (low === "empty") return undefined;
  const lower = low === "feasible" ? { numerator: -1n, denominator: 1n } : low;
  if (high === "feasible") return { low: lower, high: undefined };
  return compare(lower, high) < 0 ? { low: lower, high } : undefined;
}

/** The part common to all intervals, or undefined when there is none. */
export function intersect(intervals: readonly (SlopeInterval | undefined)[]): SlopeInterval | undefined {
  let result: SlopeInterval = { low: { numerator: -1n, denominator: 1n }, high: undefined };
  for (const interval of intervals) {
    if (!interval) return undefined;
    const low = compare(result.low, interval.low) >= 0 ? result.low : interval.low;
    const high =
      result.high && interval.high
        ? compare(result.high, interval.high) <= 0
          ? result.high
          : interval.high
        : (result.high ?? interval.high);
    result = { low, high };
  }
  return result.high && compare(result.low, result.high) >= 0 ? undefined : result;
}

/** Integers m with low < m / 2^shift < high and 0 <= m < 2^bits, as [least, greatest]; undefined when none. */
export function multipliers(interval: SlopeInterval, shift: number, bits: number): [bigint, bigint] | undefined {
  const power = 1n << BigInt(shift);
  const { low, high } = interval;
  let least = floorDivide(low.numerator * power, low.denominator) + 1n;
  if (least < 0n) least = 0n;
  const limit = (1n << BigInt(bits)) - 1n;
  // Without an upper end any steeper slope works; one 256th of a step above the least keeps constants small.
  let greatest = high ? ceilDivide(high.numerator * power, high.denominator) - 1n : least + (power >> 8n);
  if (greatest > limit) greatest = limit;
  return least <= greatest ? [least, greatest] : undefined;
}

/** Offsets b that meet all constraints for a given slope: [least, greatest], an end undefined when unbounded. */
export function offsets(
  constraints: Constraints,
  multiplier: bigint,
  shift: number,
): { least: bigint | undefined; greatest: bigint | undefined } {
  const power = 1n << BigInt(shift);
  let least: bigint | undefined;
  let greatest: bigint | undefined;
  const { lower, upper } = constraints;
  for (let i = 0; i < lower.at.length; i++) {
    const bound = BigInt(lower.code[i]!) * power - BigInt(lower.at[i]!) * multiplier;
    if (least === undefined || bound > least) least = bound;
  }
  for (let j = 0; j < upper.at.length; j++) {
    const bound = BigInt(upper.code[j]!) * power - 1n - BigInt(upper.at[j]!) * multiplier;
    if (greatest === undefined || bound < greatest) greatest = bound;
  }
  return { least, greatest };
}

function compare(a: Rational, b: Rational): number {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Root of g from one side: +1 from above, -1 from below. "feasible" when g > 0 already at the start. */
function newton(constraints: Constraints, start: Rational, side: 1 | -1): Rational | "feasible" | "empty" {
  let { numerator, denominator } = start;
  for (;;) {
    const [i, j] = active(constraints, numerator, denominator);
    const run = BigInt(constraints.upper.at[j]!) - BigInt(constraints.lower.at[i]!);
    const rise = BigInt(constraints.upper.code[j]!) - BigInt(constraints.lower.code[i]!);
    const slack = rise * denominator - run * numerator; // g(mu) * denominator
    if (slack > 0n) return "feasible";
    if (slack === 0n) return { numerator, denominator };
    // g < 0 here; the active pair's line must rise towards the feasible side, or g < 0 everywhere.
    if (side > 0 ? run <= 0n : run >= 0n) return "empty";
    numerator = run > 0n ? rise : -rise;
    denominator = run > 0n ? run : -run;
    if (numerator < 0n) return "empty";
  }
}

/** Indices of the tightest lower and upper constraint at slope numerator / denominator. */
function active(constraints: Constraints, numerator: bigint, denominator: bigint): [number, number] {
  const { lower, upper } = constraints;
  const exact =
    Number.isSafeInteger(Number(numerator) * 2 ** 31) && Number.isSafeInteger(Number(denominator) * 2 ** 17);
  let bestLower = 0;
  let bestUpper = 0;
  if (exact) {
    const n = Number(numerator);
    const d = Number(denominator);
    let most = -Infinity;
    for (let i = 0; i < lower.at.length; i++) {
      const value = lower.code[i]! * d - lower.at[i]! * n;
      if (value > most) {
        most = value;
        bestLower = i;
      }
    }
    let least = Infinity;
    for (let j = 0; j < upper.at.length; j++) {
      const value = upper.code[j]! * d - upper.at[j]! * n;
      if (value < least) {
        least = value;
        bestUpper = j;
      }
    }
    return [bestLower, bestUpper];
  }
  const value = (bounds: Bounds, k: number) =>
    BigInt(bounds.code[k]!) * denominator - BigInt(bounds.at[k]!) * numerator;
  for (let i = 1; i < lower.at.length; i++) if (value(lower, i) > value(lower, bestLower)) bestLower = i;
  for (let j = 1; j < upper.at.length; j++) if (value(upper, j) < value(upper, bestUpper)) bestUpper = j;
  return [bestLower, bestUpper];
}
