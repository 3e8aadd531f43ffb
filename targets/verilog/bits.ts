/** Widths of two's complement numbers, and packing of fields into memory words. */

/** Fewest bits of a signed number that holds both ends of [lo, hi]; at least 1. */
export function signedBits(lo: bigint, hi: bigint): number {
  let bits = 1;
  while (lo < -(1n << BigInt(bits - 1)) || hi >= 1n << BigInt(bits - 1)) bits++;
  return bits;
}

/** Fewest bits of an unsigned number up to `hi`; at least 1. */
export function unsignedBits(hi: bigint): number {
  return Math.max(1, hi.toString(2).length);
}

/** One field of a memory word; negative values are stored as two's complement. */
export interface Field {
  readonly value: bigint;
  readonly bits: number;
}

/** Packs fields into one word, the first field in the lowest bits. */
export function packWord(fields: readonly Field[]): bigint {
  let word = 0n;
  let at = 0n;
  for (const { value, bits } of fields) {
    word |= BigInt.asUintN(bits, value) << at;
    at += BigInt(bits);
  }
  return word;
}

/** The smallest and largest of a non-empty list. */
export function extent(values: readonly bigint[]): { lo: bigint; hi: bigint } {
  return {
    lo: values.reduce((a, b) => (b < a ? b : a)),
    hi: values.reduce((a, b) => (b > a ? b : a)),
  };
}

/** Divisors of `n` that are at most `limit`, ascending. */
export function divisors(n: number, limit: number): number[] {
  const found: number[] = [];
  for (let d = 1; d <= Math.min(n, limit); d++) if (n % d === 0) found.push(d);
  return found;
}
