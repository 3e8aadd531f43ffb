/** Exact real numbers for the reference: mantissa * 2^exponent / divisor. Every float is such a number. */
export interface Real {
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly divisor: bigint;
}

const bits = new DataView(new ArrayBuffer(8));

/** A double taken apart by its IEEE 754 fields. */
export function real(value: number): Real {
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const biased = Number((word >> 52n) & 0x7ffn);
  const fraction = word & ((1n << 52n) - 1n);
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: word >> 63n === 1n ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075, divisor: 1n };
}

export const zero: Real = { mantissa: 0n, exponent: 0, divisor: 1n };

export function times(a: Real, b: Real): Real {
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent, divisor: a.divisor * b.divisor };
}

export function plus(a: Real, b: Real): Real {
  if (a.mantissa === 0n) return b;
  if (b.mantissa === 0n) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const [x, y] = [a.mantissa << BigInt(a.exponent - exponent), b.mantissa << BigInt(b.exponent - exponent)];
  if (a.divisor === b.divisor) return { mantissa: x + y, exponent, divisor: a.divisor };
  return { mantissa: x * b.divisor + y * a.divisor, exponent, divisor: a.divisor * b.divisor };
}

export function over(a: Real, count: number): Real {
  return { ...a, divisor: a.divisor * BigInt(count) };
}

export function compare(a: Real, b: Real): number {
  const { mantissa } = plus(a, times(b, real(-1)));
  return mantissa < 0n ? -1 : mantissa > 0n ? 1 : 0;
}

export function toNumber({ mantissa, exponent, divisor }: Real): number {
  return (Number(mantissa) * 2 ** exponent) / Number(divisor);
}

/** The integer nearest to a / b, of two equally near ones the even one; b is positive. */
export function nearestEven(a: Real, b: Real): bigint {
  const exponent = Math.min(a.exponent, b.exponent);
  const top = (a.mantissa << BigInt(a.exponent - exponent)) * b.divisor;
  const bottom = (b.mantissa << BigInt(b.exponent - exponent)) * a.divisor;
  const down = top >= 0n ? top / bottom : -((-top + bottom - 1n) / bottom);
  const rest = 2n * (top - down * bottom);
  if (rest === bottom) return down % 2n === 0n ? down : down + 1n;
  return rest < bottom ? down : down + 1n;
}
