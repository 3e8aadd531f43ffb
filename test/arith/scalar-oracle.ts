/**
 * What each scalar function must return, written another way: exact division instead of shifts, gemmlowp's own
 * truncating and saturating formulation (fixedpoint.h) instead of the closed forms.
 */

type Oracle = (...values: bigint[]) => bigint;

const power = (exponent: bigint) => 2n ** exponent;
const int32 = { low: -power(31n), high: power(31n) - 1n };

function floorDivide(n: bigint, d: bigint): bigint {
  const remainder = ((n % d) + d) % d;
  return (n - remainder) / d;
}

const isOdd = (value: bigint) => value % 2n !== 0n;
const saturate = (value: bigint) => (value > int32.high ? int32.high : value < int32.low ? int32.low : value);

function highMul(a: bigint, b: bigint): bigint {
  const product = a * b;
  const nudge = product >= 0n ? power(30n) : 1n - power(30n);
  return saturate((product + nudge) / power(31n)); // bigint division truncates, as in C
}

function halfAwayFromZero(x: bigint, divisor: bigint): bigint {
  const magnitude = (2n * (x < 0n ? -x : x) + divisor) / (2n * divisor);
  return x < 0n ? -magnitude : magnitude;
}

function nearestEven(n: bigint, d: bigint): bigint {
  const below = floorDivide(n, d);
  const [down, up] = [n - below * d, (below + 1n) * d - n];
  if (down !== up) return down < up ? below : below + 1n;
  return isOdd(below) ? below + 1n : below;
}

function parityCorrect(u: bigint, correction: bigint, shift: bigint, odd: bigint): bigint {
  return isOdd(floorDivide(u, power(shift)) - odd) ? u - correction : u;
}

const leadingZeros = (x: bigint) => BigInt(32 - (x === 0n ? 0 : x.toString(2).length));
const initial = (half: bigint) => 1515870810n + highMul(half, -1010580540n);
const newton = (x: bigint, half: bigint) => x + saturate(4n * highMul(x, power(29n) - highMul(half, x)));

/** gemmlowp one_over_one_plus_x_for_x_in_0_1 of a raw Q0.31 value. */
function oneOverOnePlus(a: bigint): bigint {
  const half = (a + int32.high + 1n) / 2n; // RoundingHalfSum with one, whose raw value is 2^31 - 1
  let x = initial(half);
  for (let step = 0; step < 3; step++) x = newton(x, half);
  return saturate(2n * x);
}

export const oracle: Readonly<Record<string, Oracle>> = {
  multiplyAdd: (acc, multiplier, offset) => acc * multiplier + offset,
  shiftFloor: (u, shift) => floorDivide(u, power(shift)),
  clamp: (value, lo, hi) => [value, lo, hi].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[1]!,
  requantPlain: (acc, multiplier, offset, shift) => floorDivide(acc * multiplier + offset, power(shift)),
  multiplyHigh: (a, multiplier) => floorDivide(a * multiplier, power(32n)),
  requantHighWord: (scaled, multiplier, shift) =>
    floorDivide(scaled * multiplier + power(31n + shift), power(32n + shift)),
  signOffset: (acc, offset, correction) => offset - BigInt(acc < 0n) * correction,
  requantSign: (acc, multiplier, offset, correction, shift) =>
    floorDivide(acc * multiplier - BigInt(acc < 0n) * correction + offset, power(shift)),
  parityCorrect,
  requantParity: (acc, multiplier, offset, correction, shift, odd) =>
    floorDivide(parityCorrect(acc * multiplier + offset, correction, shift, odd), power(shift)),
  addLinear: (a, b, ma, mb, c, shift) => floorDivide(c + mb * b + ma * a, power(shift)),
  addWide: (a, b, ma, mb, c) => c + mb * b + ma * a,
  roundQuotient: (quotient, remainder, d) => nearestEven(quotient * d + remainder, d),
  quotientHalfEven: nearestEven,
  saturatingRoundingDoublingHighMul: highMul,
  roundingDivideByPot: (x, exponent) => halfAwayFromZero(x, power(exponent)),
  countLeadingZeros: leadingZeros,
  reciprocalInitial: initial,
  reciprocalNewtonStep: newton,
  reciprocalResult: (x) => saturate(2n * x),
  softmaxReciprocal: (sum) => oneOverOnePlus(sum * power(leadingZeros(sum)) - power(31n)),
  softmaxShift: (headroom) => 12n - headroom + 31n - 8n,
  softmaxTflite: (exponential, reciprocal, shift) => halfAwayFromZero(highMul(reciprocal, exponential), power(shift)),
};
