/** fma32 against rationals: rounded once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f32, fma32 } from "../../compiler/arith/float32.js";

/** A double as integer * 2^-1074. */
const units = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const word = view.getBigUint64(0);
  const exponent = (word >> 52n) & 2047n;
  const fraction = word & ((1n << 52n) - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return word >> 63n ? -magnitude : magnitude;
};
const distance = (a: bigint, b: bigint) => (a > b ? a - b : b - a);

/** The float32 neighbours of a value, itself among them. */
function neighbours(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const word = view.getInt32(0);
  return [word - 1, word, word + 1].map((near) => {
    view.setInt32(0, near);
    return view.getFloat32(0);
  });
}

describe("fma32", () => {
  const float = fc
    .tuple(fc.integer({ min: -(2 ** 24), max: 2 ** 24 }), fc.integer({ min: -30, max: 10 }))
    .map(([significand, exponent]) => f32(significand * 2 ** exponent));

  it("is the float32 nearest to x*y + z, the even one of two", () => {
    fc.assert(
      fc.property(fc.integer({ min: -256, max: 255 }), float, float, (x, y, z) => {
        const exact = units(x * y) + units(z);
        const got = fma32(x, y, z);
        if (Math.abs(got) < 2 ** -100) return exact === 0n || got !== 0;
        const nearest = neighbours(got).map((value) => distance(units(value), exact));
        return nearest.every((far) => far >= nearest[1]!);
      }),
    );
  });

  it("rounds once where rounding to a double first would make a tie", () => {
    // 1 + 2^-24 is a tie of float32; 2^-80 more or less decides it, which a double of the sum no longer holds.
    const y = f32(1 + 2 ** -23);
    expect(fma32(1, 1, f32(2 ** -24))).toBe(1);
    expect(f32(y * y + 2 ** -80)).toBe(f32(y * y));
    const [x, half] = [2 ** 20, 2 ** -4 + 2 ** -27];
    expect(fma32(x, 1, f32(half))).toBe(2 ** 20 + 2 ** -3);
    expect(fma32(-x, 1, f32(-half))).toBe(-(2 ** 20) - 2 ** -3);
  });
});
