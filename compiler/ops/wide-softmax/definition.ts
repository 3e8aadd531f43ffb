/**
 * Constants of Softmax of wide codes and of LogSoftmax as integer algorithms. Exponentials have 30 fraction bits and are products
 * of two tables, so that differences of any width need few entries; logarithms of their sums have 26.
 */
import { divide, fromFloat, rational, roundHalfEven } from "../../arith/rational.js";
import { fail } from "../../diagnostics.js";
import type { Exponentials, Logarithms, Quotients } from "./wide-softmax.types.js";

export const exponentialBits = 30;
export const logarithmBits = 26;

/** Entries of one table at most. */
const mostEntries = 4096;

/** Steps that no 16-bit result spans. */
const mostSteps = 2 ** 17;

/** Tables for differences up to `span`. Throws QC3002 for scales so small that they would be too large. */
export function exponentialsOf(scale: number, span: number, where: string): Exponentials {
  // Terms below half a unit are nothing.
  const limit = Math.min(span + 1, Math.ceil(((exponentialBits + 1) * Math.LN2) / scale));
  const bits = Math.max(1, Math.ceil(Math.log2(limit)));
  const fineBits = bits <= 9 ? bits : Math.ceil(bits / 2);
  const entries = Math.ceil(limit / 2 ** fineBits);
  if (Math.max(2 ** fineBits, entries) > mostEntries) {
    fail(
      "QC3002",
      `an input of scale ${scale} needs exponentials of ${limit} differences. Quantize it to 16 bits.`,
      where,
    );
  }
  const table = (count: number, step: number) =>
    Uint32Array.from({ length: count }, (_, i) => Math.round(2 ** exponentialBits * Math.exp(-i * step * scale)));
  return { fine: table(2 ** fineBits, 1), coarse: table(entries, 2 ** fineBits), fineBits, limit };
}

/** 1 / sy, exact when that is an integer, else to 16 fraction bits. Throws QC2004 beyond 2^16 levels. */
export function quotientsOf(scale: number, where: string): Quotients {
  const inverse = divide(rational(1n), fromFloat(scale));
  const levelsShift = inverse.numerator % inverse.denominator === 0n ? 0 : 16;
  const levels = Number(roundHalfEven(divide(inverse, rational(1n, 1n << BigInt(levelsShift)))));
  if (levels < 1 || levels > 2 ** (16 + levelsShift)) {
    fail("QC2004", `a Softmax result of scale ${scale}; expected 1/65536 to 1.`, where);
  }
  return { levels, levelsShift };
}

/** Slopes for differences up to `span` and sums of so many classes, with as many fraction bits as 62 bits hold. */
export function logarithmsOf(scale: number, output: number, span: number, classes: number, where: string): Logarithms {
  const most = Math.min(span, Math.ceil((mostSteps * output) / scale));
  const steps = (most * scale + Math.LN2 * Math.ceil(Math.log2(classes) + 1)) / output + 1;
  const shift = 61 - Math.ceil(Math.log2(steps));
  if (shift < logarithmBits) {
    fail("QC3002", `a LogSoftmax result of scale ${output} has too many steps. Choose a larger scale.`, where);
  }
  const fixed = (value: number, bits: number) => {
    // A double times a power of two is exact; what is beyond 53 bits does not count.
    const exponent = Math.floor(Math.log2(value));
    const mantissa = BigInt(Math.round(value * 2 ** (52 - exponent)));
    const left = bits + exponent - 52;
    return left >= 0 ? mantissa << BigInt(left) : (mantissa + (1n << BigInt(-left - 1))) >> BigInt(-left);
  };
  return {
    difference: fixed(scale / output, shift),
    logarithm: fixed(Math.LN2 / output, shift - logarithmBits),
    shift,
    most,
  };
}

/** floor(log2(sum / 2^30) * 2^26) but for the rounding of its steps, for sums from 2^30 to 2^43: one bit per squaring. */
export function logarithmOf(sum: bigint): bigint {
  const whole = BigInt(sum.toString(2).length - 1 - exponentialBits);
  let mantissa = (sum << 1n) >> whole; // in [2^31, 2^32)
  let logarithm = whole;
  for (let i = 0; i < logarithmBits; i++) {
    const square = (mantissa * mantissa) >> 31n;
    const bit = square >> 32n;
    mantissa = square >> bit;
    logarithm = 2n * logarithm + bit;
  }
  return logarithm;
}
