/**
 * Vocabulary of the scalar subset (SPEC.md, "Scalar functions"). A type is a range: the names document and are read by
 * `npm run gen`, which proves that every intermediate stays inside a machine width; at run time all are exact bigints.
 */

/** Integers from `_Low` to `_High`, both included. */
export type Between<_Low extends bigint, _High extends bigint> = bigint;

/** iN is [-2^(N-1), 2^(N-1) - 1], uN is [0, 2^N - 1]. */
export type i24 = bigint;
export type i31 = bigint;
export type i32 = bigint;
export type i46 = bigint;
export type i62 = bigint;
export type i63 = bigint;
export type i64 = bigint;
export type u1 = bigint;
export type u5 = bigint;
export type u6 = bigint;
export type u9 = bigint;
export type u31 = bigint;
export type u32 = bigint;
export type u49 = bigint;
export type u57 = bigint;

/**
 * States that `value` is within [low, high] where interval analysis cannot see it. Checked here on every call; the C and
 * Verilog forms trust it and keep the low bits only.
 */
export function range(value: bigint, low: bigint, high: bigint): bigint {
  if (value < low || value > high) {
    throw new RangeError(
      `scalar value ${value} is outside [${low}, ${high}]; an argument breaks its function's contract`,
    );
  }
  return value;
}
