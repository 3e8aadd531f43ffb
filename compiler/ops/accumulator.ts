/** Interval arithmetic on accumulators: which values a sum of products can reach, from the actual weights. */
import { fail } from "../diagnostics.js";
import { type IntegerType, type Range, typeRange } from "../ir/types.js";

/** Range of sum w*(x - zeroPoint) over `weights[k]` with input ranges `inputs[k]`; `padded` adds 0 to each term's values. */
export function productRange(
  weights: ArrayLike<number>,
  inputs: (k: number) => Range,
  zeroPoint: number,
  padded: boolean,
): Range {
  let lo = 0;
  let hi = 0;
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k]!;
    if (weight === 0) continue;
    const { lo: least, hi: greatest } = inputs(k);
    const a = weight * (least - zeroPoint);
    const b = weight * (greatest - zeroPoint);
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    lo += padded ? Math.min(low, 0) : low;
    hi += padded ? Math.max(high, 0) : high;
  }
  return { lo, hi };
}

/** Range of (a - aZeroPoint)*(b - bZeroPoint): bilinear, so its extremes over two intervals lie at the corners. */
export function bilinearRange(a: Range, aZeroPoint: number, b: Range, bZeroPoint: number): Range {
  const corners = [a.lo, a.hi].flatMap((x) => [b.lo, b.hi].map((y) => (x - aZeroPoint) * (y - bZeroPoint)));
  return { lo: Math.min(...corners), hi: Math.max(...corners) };
}

/**
 * Proves that the accumulator fits int32, in the definition's order and with the zero point folded into the bias
 * (any partial sum of raw codes times weights). Throws QC3001.
 */
export function requireInt32(
  range: Range,
  weights: ArrayLike<number>,
  bias: number,
  { type, zeroPoint }: { readonly type: IntegerType; readonly zeroPoint: number },
  where: string,
): void {
  const limit = 2 ** 31 - 1;
  let magnitude = 0;
  for (let k = 0; k < weights.length; k++) magnitude += Math.abs(weights[k]!);
  const { lo, hi } = typeRange(type);
  const worst = Math.max(
    -range.lo,
    range.hi,
    magnitude * Math.max(-lo, hi) + Math.abs(bias) + magnitude * Math.abs(zeroPoint),
  );
  if (range.lo < -limit || range.hi > limit || worst > limit) {
    fail(
      "QC3001",
      `a channel's sum can reach ${worst}, beyond ${limit}. Requantize with smaller weights or a smaller bias.`,
      where,
    );
  }
}

/** Every kernel and every circuit keeps sums and products in 32 bits. Throws QC3001. */
export function requireInt32Sums(lo: number, hi: number, where: string): void {
  if (lo >= -(2 ** 31) && hi < 2 ** 31) return;
  fail(
    "QC3001",
    `values from ${lo} to ${hi} before requantization; expected -2147483648 to 2147483647. Use narrower codes, or zero points nearer to their middle.`,
    where,
  );
}
