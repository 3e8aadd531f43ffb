/** Closed intervals of integers: what interval analysis knows about a value, and the machine format that holds it. */

export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

export interface Format {
  readonly width: number;
  readonly signed: boolean;
}

export const between = (low: bigint, high: bigint): Interval => ({ low, high });

/** All values of an integer type of `width` bits. */
export function typeInterval({ width, signed }: Format): Interval {
  const power = 1n << BigInt(signed ? width - 1 : width);
  return between(signed ? -power : 0n, power - 1n);
}

export function contains(outer: Interval, inner: Interval): boolean {
  return outer.low <= inner.low && inner.high <= outer.high;
}

/** The smallest interval that holds all the given ones. */
export function hull(...intervals: readonly Interval[]): Interval {
  return intervals.reduce((a, b) => between(a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high));
}

/** The common part, or undefined when there is none. */
export function intersect(a: Interval, b: Interval): Interval | undefined {
  const low = a.low > b.low ? a.low : b.low;
  const high = a.high < b.high ? a.high : b.high;
  return low <= high ? between(low, high) : undefined;
}

/** The narrowest two's complement or unsigned format that holds the interval. */
export function formatOf({ low, high }: Interval): Format {
  const bits = (value: bigint) => (value === 0n ? 0 : value.toString(2).length);
  if (low >= 0n) return { width: Math.max(1, bits(high)), signed: false };
  return { width: 1 + Math.max(bits(-low - 1n), high > 0n ? bits(high) : 0), signed: true };
}

export function showInterval({ low, high }: Interval): string {
  return `[${low}, ${high}]`;
}

export type Operator = "+" | "-" | "*" | "/" | ">>" | "<<" | "&" | "^" | "|";

/** The interval of `a operator b`. Shift counts must be in [0, 63] and divisors positive. */
export function combine(operator: Operator, a: Interval, b: Interval): Interval {
  switch (operator) {
    case "+":
      return between(a.low + b.low, a.high + b.high);
    case "-":
      return between(a.low - b.high, a.high - b.low);
    case "*":
      return corners(a, b, (x, y) => x * y);
    case "/":
      return corners(a, b, (x, y) => x / y);
    case ">>":
      return corners(a, b, (x, y) => x >> y);
    case "<<":
      return corners(a, b, (x, y) => x << y);
    case "&":
      return bitwiseAnd(a, b);
    case "^":
    case "|":
      return typeInterval(formatOf(hull(a, b)));
  }
}

/** Extremes of a function that is monotone in each argument. */
function corners(a: Interval, b: Interval, f: (x: bigint, y: bigint) => bigint): Interval {
  const values = [f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)];
  return hull(...values.map((value) => between(value, value)));
}

function bitwiseAnd(a: Interval, b: Interval): Interval {
  if (a.low < 0n && b.low < 0n) return typeInterval(formatOf(hull(a, b)));
  const caps = [a, b].filter(({ low }) => low >= 0n).map(({ high }) => high);
  return between(
    0n,
    caps.reduce((x, y) => (x < y ? x : y)),
  );
}
