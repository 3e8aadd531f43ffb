/** exp, log, sqrt and erf against published digits and against identities far beyond doubles. */
import { describe, expect, it } from "vitest";
import { add, fromFloat, multiply, type Rational, rational, subtract } from "../../compiler/arith/rational.js";
import { erf, exp, log, pi, sqrt, toNumber } from "../../compiler/arith/real-math.js";

const bits = 400;
/** |a - b| < 2^-power * max(1, |b|) */
function close(a: Rational, b: Rational, power: number): boolean {
  const { numerator, denominator } = subtract(a, b);
  const magnitude = numerator < 0n ? -numerator : numerator;
  const size = b.numerator < 0n ? -b.numerator : b.numerator;
  const scale = size > b.denominator ? rational(size, b.denominator) : rational(1n);
  return (magnitude << BigInt(power)) * scale.denominator < denominator * scale.numerator;
}

/** A decimal of 50 digits. */
function decimal(text: string): Rational {
  const [whole, fraction] = text.split(".") as [string, string];
  return rational(BigInt(whole + fraction), 10n ** BigInt(fraction.length));
}

describe("real functions", () => {
  it("have the published first 50 digits", () => {
    const known: [Rational, string][] = [
      [exp(rational(1n), bits)!.value, "2.71828182845904523536028747135266249775724709369995"],
      [log(rational(10n), bits).value, "2.30258509299404568401799145468436420760110148862877"],
      [sqrt(rational(2n), bits).value, "1.41421356237309504880168872420969807856967187537694"],
      [pi(bits), "3.14159265358979323846264338327950288419716939937510"],
      [erf(rational(1n), bits).value, "0.84270079294971486934122063508260925929606699796630"],
    ];
    for (const [value, digits] of known) expect(close(value, decimal(digits), 164), digits).toBe(true);
  });

  it("keep their identities to 380 bits", () => {
    const samples = [0.37, -2.25, 11.3, -40.7, 1e-9, 120.5, 3e-3].map(fromFloat);
    for (const x of samples) {
      const power = exp(x, bits)!.value;
      expect(close(multiply(power, exp(rational(-x.numerator, x.denominator), bits)!.value), rational(1n), 380)).toBe(
        true,
      );
      expect(close(log(power, bits).value, x, 380)).toBe(true);
      const square = multiply(x, x);
      const root = sqrt(add(square, rational(1n)), bits).value;
      expect(close(multiply(root, root), add(square, rational(1n)), 380)).toBe(true);
      // erf is odd.
      const negative = erf(rational(-x.numerator, x.denominator), bits).value;
      expect(close(erf(x, bits).value, rational(-negative.numerator, negative.denominator), 390)).toBe(true);
    }
  });

  it("erf's derivative is 2/sqrt(pi) * e^(-x^2)", () => {
    const h = rational(1n, 1n << 60n);
    for (const x of [0.1, 0.9, 2.5, 5.5, 9.1].map(fromFloat)) {
      const [above, below] = [erf(add(x, h), bits).value, erf(subtract(x, h), bits).value];
      const slope = multiply(subtract(above, below), rational(1n << 59n));
      const square = multiply(x, x);
      const { numerator, denominator } = sqrt(pi(bits), bits).value;
      const expected = multiply(
        multiply(rational(2n), rational(denominator, numerator)),
        exp(rational(-square.numerator, square.denominator), bits)!.value,
      );
      expect(Math.abs(toNumber(slope) / toNumber(expected) - 1)).toBeLessThan(1e-12);
    }
  });

  it("are exact where their value is rational, and only there", () => {
    expect(exp(rational(0n), bits)).toEqual({ value: rational(1n), exact: true });
    expect(log(rational(7n, 7n), bits).exact).toBe(true);
    expect(erf(rational(0n), bits).exact).toBe(true);
    const root = sqrt(rational(50n, 8n), bits);
    expect(root.exact).toBe(true);
    expect(toNumber(root.value)).toBe(2.5);
    for (const { exact } of [
      exp(rational(1n), bits)!,
      log(rational(2n), bits),
      sqrt(rational(2n), bits),
      erf(rational(1n), bits),
    ])
      expect(exact).toBe(false);
    expect(exp(rational(1n << 20n), bits)).toBeUndefined();
  });
});
