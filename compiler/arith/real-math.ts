/**
 * exp, log, sqrt and erf of rationals to any precision, in integer arithmetic: what `exact` tables of real functions are made
 * of. `bits` bounds the error: relative 2^-bits for exp and sqrt, absolute 2^-bits for log and erf. Arguments whose result is
 * rational (exp(0), log(1), squares) give it exactly; by Lindemann and Weierstrass no other rational argument of exp, log and
 * erf's factors does, so ties are real only there.
 */
import { floorDivide, fromFloat, multiply, type Rational, rational, subtract } from "./rational.js";

/** A value and whether it is the exact one. */
export interface Approximation {
  readonly value: Rational;
  readonly exact: boolean;
}

/** Extra bits that absorb the rounding of intermediate steps. */
const guard = 64;
const zero = rational(0n);
const one = rational(1n);
const exactly = (value: Rational): Approximation => ({ value, exact: true });
const nearly = (value: Rational): Approximation => ({ value, exact: false });

const bitLength = (value: bigint) => (value < 0n ? -value : value).toString(16).length * 4;

/** floor(value * 2^bits). */
function fixed({ numerator, denominator }: Rational, bits: number): bigint {
  return floorDivide(numerator << BigInt(bits), denominator);
}

/** mantissa * 2^exponent. */
function scaled(mantissa: bigint, exponent: number): Rational {
  return exponent >= 0 ? rational(mantissa << BigInt(exponent)) : rational(mantissa, 1n << BigInt(-exponent));
}

/** The nearest double, roughly: good to 2^-50. */
export function toNumber({ numerator, denominator }: Rational): number {
  if (numerator === 0n) return 0;
  const shift = 64 - (bitLength(numerator) - bitLength(denominator));
  const quotient =
    shift >= 0 ? (numerator << BigInt(shift)) / denominator : numerator / (denominator << BigInt(-shift));
  // In two steps: 2^-shift alone may leave the range of doubles.
  const half = Math.trunc(shift / 2);
  return Number(quotient) * 2 ** -half * 2 ** -(shift - half);
}

/** Sum of numerator_i / (base^(2i+1) * (2i+1)), alternating or not: atan and atanh of 1/base, times 2^bits. */
function inverseTangent(base: bigint, alternating: boolean, bits: number): bigint {
  let power = (1n << BigInt(bits)) / base;
  let sum = 0n;
  for (let i = 0n; power !== 0n; i += 1n) {
    const term = power / (2n * i + 1n);
    sum += alternating && i % 2n === 1n ? -term : term;
    power /= base * base;
  }
  return sum;
}

const constants = new Map<string, bigint>();
function cached(name: string, bits: number, make: () => bigint): bigint {
  const key = `${name} ${bits}`;
  const value = constants.get(key) ?? make();
  constants.set(key, value);
  return value;
}

/** log(2) = 2*atanh(1/3), times 2^bits. */
const logTwo = (bits: number) => cached("log2", bits, () => 2n * inverseTangent(3n, false, bits));

/** Machin: pi = 16*atan(1/5) - 4*atan(1/239). */
export function pi(bits: number): Rational {
  const wide = bits + guard;
  const value = cached("pi", wide, () => 16n * inverseTangent(5n, true, wide) - 4n * inverseTangent(239n, true, wide));
  return scaled(value, -wide);
}

/** e^x. Undefined for |x| > 2^16, where it is beyond every code and every scale. */
export function exp(x: Rational, bits: number): Approximation | undefined {
  if (x.numerator === 0n) return exactly(one);
  const double = toNumber(x);
  if (Math.abs(double) > 65536) return undefined;
  const halvings = 8;
  const wide = bits + guard;
  const power = Math.round(double / Math.LN2);
  // e^x = 2^power * (e^(r / 2^halvings))^(2^halvings), |r| < 0.36
  const r = (fixed(x, wide) - BigInt(power) * logTwo(wide)) >> BigInt(halvings);
  let term = 1n << BigInt(wide);
  let sum = term;
  for (let n = 1n; ; n += 1n) {
    term = ((term * r) >> BigInt(wide)) / n;
    if (term === 0n || term === -1n) break;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) >> BigInt(wide);
  return nearly(scaled(sum, power - wide));
}

/** log(x) for x > 0: a double's guess y, then 2*atanh((m - e^y) / (m + e^y)) for what it misses. */
export function log(x: Rational, bits: number): Approximation {
  if (x.numerator === x.denominator) return exactly(zero);
  const wide = bits + guard;
  const exponent = bitLength(x.numerator) - bitLength(x.denominator);
  const m = multiply(x, scaled(1n, -exponent));
  const guess = fromFloat(Math.log(toNumber(m)));
  const known = exp(guess, wide)!.value;
  const difference = subtract(m, known);
  const total = subtract(m, rational(-known.numerator, known.denominator));
  const z = fixed(rational(difference.numerator * total.denominator, difference.denominator * total.numerator), wide);
  let power = z;
  let sum = 0n;
  for (let i = 1n; power !== 0n && power !== -1n; i += 2n) {
    sum += power / i;
    power = (((power * z) >> BigInt(wide)) * z) >> BigInt(wide);
  }
  return nearly(scaled(fixed(guess, wide) + 2n * sum + BigInt(exponent) * logTwo(wide), -wide));
}

/** The square root of x >= 0; exact where x is the square of a rational. */
export function sqrt({ numerator, denominator }: Rational, bits: number): Approximation {
  const radicand = numerator * denominator;
  const root = integerSqrt(radicand);
  if (root * root === radicand) return exactly(rational(root, denominator));
  // The radicand gets enough bits for a relative error of 2^-bits whatever its size.
  const shift = BigInt(Math.max(0, bits + guard - Math.floor(bitLength(radicand) / 2)));
  return nearly(rational(integerSqrt(radicand << (2n * shift)), denominator << shift));
}

/** floor(sqrt(n)) by Newton's method from above. */
function integerSqrt(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt(Math.ceil(bitLength(n) / 2) + 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** erf(x) = 2/sqrt(pi) * e^(-x^2) * sum of 2^n x^(2n+1) / (1*3*..*(2n+1)), all terms of one sign. */
export function erf(x: Rational, bits: number): Approximation {
  if (x.numerator === 0n) return exactly(zero);
  const square = multiply(x, x);
  const sign = x.numerator < 0n ? -1n : 1n;
  // 1 - erf(x) < e^(-x^2)
  if (toNumber(square) > bits * Math.LN2) return nearly(rational(sign));
  const wide = bits + guard;
  const twice = 2n * fixed(square, wide);
  let term = fixed(rational(x.numerator * sign, x.denominator), wide);
  let sum = 0n;
  for (let n = 0n; term !== 0n; n += 1n) {
    sum += term;
    term = ((term * twice) >> BigInt(wide)) / (2n * n + 3n);
  }
  const decay = exp(rational(-square.numerator, square.denominator), wide)!.value;
  const factor = sqrt(pi(wide), wide).value;
  const value = multiply(
    multiply(scaled(2n * sign * sum, -wide), decay),
    rational(factor.denominator, factor.numerator),
  );
  return nearly(value);
}
