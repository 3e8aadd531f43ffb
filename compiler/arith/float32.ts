/** Float32 arithmetic as the runtimes perform it, and rounding helpers. */

/** Rounds a double to float32 (nearest, ties to even). */
export const f32 = Math.fround;

const bits = new DataView(new ArrayBuffer(8));

/**
 * x*y + z of float32 values, rounded once to float32, as the fused instruction does. The product is exact in a double; the sum is rounded
 * to odd there, which keeps the second rounding from seeing a tie that is none (Boldo and Melquiond, 2008).
 */
export function fma32(x: number, y: number, z: number): number {
  const product = x * y;
  const sum = product + z;
  const part = sum - product;
  const error = product - (sum - part) + (z - part);
  if (error === 0 || !Number.isFinite(sum)) return f32(sum);
  bits.setFloat64(0, sum);
  const integer = bits.getBigInt64(0);
  if (integer & 1n) return f32(sum);
  bits.setBigInt64(0, integer + (error > 0 === sum > 0 ? 1n : -1n));
  return f32(bits.getFloat64(0));
}

/** Nearest integer of a double, ties to even. */
export function rint(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0)) return floor + 1;
  return floor;
}

/** Nearest integer of a double, ties away from zero. */
export function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);
}

/** The number of [lo, hi] nearest to value. */
export function saturate(value: number, lo: number, hi: number): number {
  return value < lo ? lo : value > hi ? hi : value;
}

/** value = fraction * 2^exponent with fraction in [0.5, 1), as C's frexp; value > 0 and normal. */
export function frexp(value: number): { fraction: number; exponent: number } {
  let exponent = Math.max(-1022, Math.floor(Math.log2(value)) + 1);
  let fraction = value * 2 ** -exponent;
  while (fraction < 0.5) {
    fraction *= 2;
    exponent -= 1;
  }
  while (fraction >= 1) {
    fraction /= 2;
    exponent += 1;
  }
  return { fraction, exponent };
}
