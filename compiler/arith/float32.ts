/** Float32 arithmetic as the runtimes perform it, and rounding helpers. */

/** Rounds a double to float32 (nearest, ties to even). */
export const f32 = Math.fround;

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
