/** Exact rationals on bigint, and the exact values of IEEE floats (every finite float is a dyadic rational). */

export interface Rational {
  readonly numerator: bigint;
  /** Positive. Fractions are not always reduced; comparisons do not need it. */
  readonly denominator: bigint;
}

/** numerator / denominator; the denominator is not 0 and becomes positive. */
export function rational(numerator: bigint, denominator: bigint = 1n): Rational {
  return denominator < 0n ? { numerator: -numerator, denominator: -denominator } : { numerator, denominator };
}

export const multiply = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator);

export const divide = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator, a.denominator * b.numerator);

export const add = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

export const subtract = (a: Rational, b: Rational): Rational => add(a, rational(-b.numerator, b.denominator));

/** The exact value of a finite double (hence of every float32). */
export function fromFloat(value: number): Rational {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no rational number`);
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(scaled), denominator };
}

/** floor(n / d) for d > 0. */
export function floorDivide(n: bigint, d: bigint): bigint {
  const quotient = n / d;
  return n % d < 0n ? quotient - 1n : quotient;
}

/** ceil(n / d) for d > 0. */
export function ceilDivide(n: bigint, d: bigint): bigint {
  return -floorDivide(-n, d);
}

/** Nearest integer, ties to even. */
export function roundHalfEven(value: Rational): bigint {
  const { numerator, denominator } = value;
  const floor = floorDivide(numerator, denominator);
  const twice = 2n * (numerator - floor * denominator);
  if (twice > denominator || (twice === denominator && (floor & 1n) === 1n)) return floor + 1n;
  return floor;
}

/** The greatest common divisor of two magnitudes; that of 0 and n is |n|. */
export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
