/**
 * TFLite Micro's int8 softmax: the exponential of each difference to the row maximum depends on the difference alone,
 * so it becomes a table; the reciprocal stays an integer algorithm (compiler/arith/scalar.ts, softmaxReciprocal).
 * Source: tflite-micro internal/reference/softmax.h, gemmlowp fixedpoint.h exp_on_negative_values.
 */
import { roundingDivideByPot, saturatingRoundingDoublingHighMul } from "../scalar.js";
import { quantizeMultiplier } from "./tflite.js";

/** Integer bits of the scaled difference: Q5.26. */
const integerBits = 5n;
const fractionBits = 31n - integerBits;
const one = (1n << 31n) - 1n;

/** E[d] in Q0.31 for d = row maximum - x; 0 where TFLite leaves the term out. */
export function tfliteExponentials(inputScale: number): Uint32Array {
  const real = Math.min(inputScale * 2 ** Number(fractionBits), 2 ** 31 - 1);
  const { multiplier, shift } = quantizeMultiplier(real);
  const limit = Math.floor((31 * 2 ** Number(fractionBits)) / 2 ** shift);
  return Uint32Array.from({ length: 256 }, (_, d) => {
    if (d > limit) return 0;
    const scaled = saturatingRoundingDoublingHighMul(BigInt(-d) << BigInt(shift), BigInt(multiplier));
    return Number(expOnNegativeValues(scaled));
  });
}

/** exp(a) in Q0.31 for a <= 0 in Q5.26: a quarter-interval polynomial, then one factor exp(-2^k) per set bit. */
function expOnNegativeValues(a: bigint): bigint {
  if (a === 0n) return one;
  const quarter = 1n << (fractionBits - 2n);
  const inQuarter = (a & (quarter - 1n)) - quarter;
  let result = expInLastQuarter(inQuarter << integerBits);
  const rest = inQuarter - a;
  for (const [exponent, factor] of barrelFactors) {
    if ((rest & (1n << (fractionBits + exponent))) !== 0n) {
      result = saturatingRoundingDoublingHighMul(result, factor);
    }
  }
  return result;
}

/** round(2^31 * exp(-2^exponent)). */
const barrelFactors: readonly (readonly [bigint, bigint])[] = [
  [-2n, 1672461947n],
  [-1n, 1302514674n],
  [0n, 790015084n],
  [1n, 290630308n],
  [2n, 39332535n],
  [3n, 720401n],
  [4n, 242n],
];

/** exp(a) in Q0.31 for a in [-1/4, 0): Taylor expansion around -1/8. */
function expInLastQuarter(a: bigint): bigint {
  const expOfMinusEighth = 1895147668n;
  const oneThird = 715827883n;
  const multiply = saturatingRoundingDoublingHighMul;
  const x = a + (1n << 28n);
  const x2 = multiply(x, x);
  const x3 = multiply(x2, x);
  const x4 = multiply(x2, x2);
  const x4Over4 = roundingDivideByPot(x4, 2n);
  const tail = roundingDivideByPot(multiply(x4Over4 + x3, oneThird) + x2, 1n);
  const sum = expOfMinusEighth + multiply(expOfMinusEighth, x + tail);
  return sum > one ? one : sum;
}
