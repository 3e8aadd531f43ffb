/**
 * Softmax as an integer algorithm: E[d] = round(2^23 * exp(-d*sx)), S = sum of E, J = RNE(E / (S * sy)).
 * Error before rounding at most 128*(D+1)/2^23 output steps for D classes: equal to the correctly rounded real softmax
 * unless the true value is that close to a tie (SPEC.md, "Softmax").
 */
import { fail } from "../../diagnostics.js";
import type { SoftmaxDefinition } from "../numerics.js";
import { divide, type Rational, rational, roundHalfEven } from "../rational.js";

/** Fraction bits of the exponentials: with up to 511 classes their sum stays below 2^32. */
const fractionBits = 23;

/** E[d] = round(2^23 * exp(-d * inputScale)) for d = 0..255. */
export function exponentialTable(inputScale: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, d) => Math.round(2 ** fractionBits * Math.exp(-d * inputScale)));
}

/** `levels / 2^levelsShift` is 1 / outputScale, exact when that is an integer, else to 16 fraction bits. */
export function roundedSoftmax(inputScale: number, outputScale: Rational, where: string): SoftmaxDefinition {
  const inverse = divide(rational(1n), outputScale);
  const integral = inverse.numerator % inverse.denominator === 0n;
  const levelsShift = integral ? 0 : 16;
  const levels = Number(roundHalfEven(divide(inverse, rational(1n, 1n << BigInt(levelsShift)))));
  if (levels < 1 || levels > 256 * 2 ** levelsShift) {
    fail(
      "QC2004",
      `Softmax output scale must be at least 1/256 and at most 1; got ${Number(outputScale.numerator) / Number(outputScale.denominator)}. Requantize the output with scale 1/256.`,
      where,
    );
  }
  return { kind: "even", exponentials: exponentialTable(inputScale), levels, levelsShift };
}
