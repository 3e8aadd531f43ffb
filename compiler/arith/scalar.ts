/**
 * The scalar integer arithmetic, written once. `npm run gen` prints it as runtime-c/include/qc_scalar.h and
 * hdl/include/qc_scalar.vh; only the subset named in SPEC.md, "Scalar functions", is accepted here.
 * One function per hardware pipeline stage; `>>` floors.
 */

import type { u1, u5, u6, u9, u31, u32, u49, u57 } from "./scalar-types.js";
import {
  type Between,
  type i24,
  type i31,
  type i32,
  type i46,
  type i62,
  type i63,
  type i64,
  range,
} from "./scalar-types.js";

/** An 8-bit code, signed or not. */
type Code = Between<-128n, 255n>;

/** A 16-bit code, signed or not. */
type WideCode = Between<-32768n, 65535n>;

/** At most 2^61, so that taking it off an i62 offset leaves an i63, and off a Product an i64. */
type Correction = Between<0n, 2305843009213693952n>;

/** acc * multiplier + an i62 offset: at least -2^62 - 2^61. */
type Product = Between<-6917529027641081856n, 9223372036854775807n>;

/** (1 + a) / 2 in Q0.31 for a in [0, 1). */
type HalfDenominator = Between<1073741824n, 2147483647n>;

/** Right shift that turns a Q0.31 probability into 1/256 steps, for a row sum of 2^19 to 2^28 - 1. */
type SoftmaxShift = Between<23n, 31n>;

/** acc*multiplier + offset, exactly. */
export function multiplyAdd(acc: i32, multiplier: u31, offset: i63): i64 {
  return acc * multiplier + offset;
}

/** floor(u / 2^shift); the caller's constants keep it within 32 bits. */
export function shiftFloor(u: i64, shift: u6): i32 {
  return range(u >> shift, -2147483648n, 2147483647n);
}

/** min(max(value, lo), hi) for lo <= hi. */
export function clamp(value: i32, lo: i32, hi: i32): i32 {
  return value < lo ? lo : value > hi ? hi : value;
}

/** Plain staircase: floor((acc*multiplier + offset) / 2^shift). */
export function requantPlain(acc: i32, multiplier: u31, offset: i63, shift: u6): i32 {
  return shiftFloor(multiplyAdd(acc, multiplier, offset), shift);
}

/** High word of a*multiplier: floor(a*multiplier / 2^32). */
export function multiplyHigh(a: i32, multiplier: u31): i31 {
  return (a * multiplier) >> 32n;
}

/** High word of scaled*multiplier, rounded off by 2^shift: the plain staircase where vectors keep high words only. */
export function requantHighWord(scaled: i32, multiplier: u31, shift: Between<1n, 16n>): i32 {
  return (multiplyHigh(scaled, multiplier) + ((1n << shift) >> 1n)) >> shift;
}

/** The offset of the sign form: smaller by `correction` for negative accumulators. */
export function signOffset(acc: i32, offset: i62, correction: Correction): i63 {
  return acc < 0n ? offset - correction : offset;
}

/** Sign staircase: floor((acc*multiplier + offset - (acc < 0 ? correction : 0)) / 2^shift). */
export function requantSign(acc: i32, multiplier: u31, offset: i62, correction: Correction, shift: u6): i32 {
  return shiftFloor(multiplyAdd(acc, multiplier, signOffset(acc, offset, correction)), shift);
}

/** Takes `correction` off u when floor(u / 2^shift) and `odd`, the zero point's low bit, differ in parity. */
export function parityCorrect(u: Product, correction: Correction, shift: u6, odd: u1): i64 {
  return (((u >> shift) ^ odd) & 1n) === 1n ? u - correction : u;
}

/** Parity staircase: floor(parityCorrect(acc*multiplier + offset) / 2^shift). */
export function requantParity(acc: i32, multiplier: u31, offset: i62, correction: Correction, shift: u6, odd: u1): i32 {
  return shiftFloor(parityCorrect(multiplyAdd(acc, multiplier, offset), correction, shift, odd), shift);
}

/** floor((a*ma + b*mb + c) / 2^shift); the compiler proves that the sum fits 32 bits. */
export function addLinear(a: Code, b: Code, ma: i24, mb: i24, c: i32, shift: u5): i32 {
  return range(a * ma + b * mb + c, -2147483648n, 2147483647n) >> shift;
}

/** a*ma + b*mb + c of codes of more than 8 bits. */
export function addWide(a: WideCode, b: WideCode, ma: i46, mb: i46, c: i62): Product {
  return a * ma + b * mb + c;
}

/** quotient + remainder/d rounded half to even, for remainder < d and a result of at most 256. */
export function roundQuotient(quotient: u9, remainder: u49, d: u49): Between<0n, 256n> {
  const twice = remainder << 1n;
  const up = twice + (quotient & 1n) > d ? 1n : 0n;
  return range(quotient + up, 0n, 256n);
}

/** n / d rounded half to even, for 0 < d and n <= 256*d: restoring division, one quotient bit a step. */
export function quotientHalfEven(n: u49, d: u49): Between<0n, 256n> {
  let remainder: u49 = n;
  let quotient: u9 = 0n;
  let divisor: u57 = d << 8n;
  let weight: u9 = 256n;
  for (let step = 0n; step < 9n; step++) {
    const difference = remainder - divisor;
    if (difference >= 0n) {
      remainder = difference;
      quotient = quotient | weight;
    }
    divisor = divisor >> 1n;
    weight = weight >> 1n;
  }
  return roundQuotient(quotient, remainder, d);
}

/** gemmlowp SaturatingRoundingDoublingHighMul: floor((a*b + 2^30) / 2^31), at most 2^31 - 1. */
export function saturatingRoundingDoublingHighMul(a: i32, b: i32): i32 {
  const rounded = (a * b + 1073741824n) >> 31n;
  return rounded > 2147483647n ? 2147483647n : rounded;
}

/** gemmlowp RoundingDivideByPOT: x / 2^exponent, halves away from zero. */
export function roundingDivideByPot(x: i32, exponent: u5): i32 {
  const mask = (1n << exponent) - 1n;
  const half = (mask >> 1n) + (x < 0n ? 1n : 0n);
  const up = (x & mask) > half ? 1n : 0n;
  return exponent === 0n ? x : (x >> exponent) + up;
}

/** Number of zero bits above the highest one bit of a 32-bit word; 32 for 0. */
export function countLeadingZeros(x: u32): Between<0n, 32n> {
  let rest: u32 = x;
  let count: u5 = 0n;
  if (rest < 65536n) {
    rest = rest << 16n;
    count = 16n;
  }
  if (rest < 16777216n) {
    rest = rest << 8n;
    count = count | 8n;
  }
  if (rest < 268435456n) {
    rest = rest << 4n;
    count = count | 4n;
  }
  if (rest < 1073741824n) {
    rest = rest << 2n;
    count = count | 2n;
  }
  if (rest < 2147483648n) {
    count = count | 1n;
  }
  return x === 0n ? 32n : count;
}

/** First guess 48/17 - 32/17*h of 1/h in Q2.29, h = halfDenominator in Q0.31. */
export function reciprocalInitial(halfDenominator: HalfDenominator): u31 {
  return 1515870810n + saturatingRoundingDoublingHighMul(halfDenominator, -1010580540n);
}

/** One Newton step x + x*(1 - h*x) towards 1/h, x in Q2.29. The result is in range for every x this sequence reaches. */
export function reciprocalNewtonStep(x: u31, halfDenominator: HalfDenominator): u31 {
  const error = 536870912n - saturatingRoundingDoublingHighMul(halfDenominator, x);
  return range(x + 4n * saturatingRoundingDoublingHighMul(x, error), 0n, 2147483647n);
}

/** x / 2 from Q2.29 to Q0.31, saturated. */
export function reciprocalResult(x: u31): u31 {
  return x > 1073741823n ? 2147483647n : x << 1n;
}

/** gemmlowp one_over_one_plus_x of a positive sum scaled to [1, 2): 1 / (sum * 2^clz(sum) / 2^31) in Q0.31. */
export function softmaxReciprocal(sum: u32): u31 {
  const normalized = range(sum << countLeadingZeros(sum), 2147483648n, 4294967295n);
  const halfDenominator = normalized >> 1n;
  const first = reciprocalNewtonStep(reciprocalInitial(halfDenominator), halfDenominator);
  const second = reciprocalNewtonStep(first, halfDenominator);
  return reciprocalResult(reciprocalNewtonStep(second, halfDenominator));
}

/** The shift of softmaxTflite for a row sum (Q12.19) with `headroom` leading zeros: 12 - headroom + 31 - 8. */
export function softmaxShift(headroom: Between<4n, 12n>): SoftmaxShift {
  return 35n - headroom;
}

/** TFLite softmax code before the zero point -128 and the clamp: exponential * reciprocal / 2^(31 + shift), doubly rounded. */
export function softmaxTflite(exponential: u31, reciprocal: u31, shift: SoftmaxShift): Between<0n, 256n> {
  return roundingDivideByPot(saturatingRoundingDoublingHighMul(reciprocal, exponential), shift);
}
