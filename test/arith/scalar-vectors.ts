/** Seeded argument vectors for the scalar functions: corners, ties and random magnitudes within each contract. */
import { readFileSync } from "node:fs";
import { between, contains, type Interval } from "../../scripts/generate/interval.js";
import type { ScalarFunction } from "../../scripts/generate/ir.js";
import { parseScalarSource } from "../../scripts/generate/parse.js";
import { oracle } from "./scalar-oracle.js";

export const scalarPath = new URL("../../compiler/arith/scalar.ts", import.meta.url);
export const scalarFunctions = parseScalarSource("scalar.ts", readFileSync(scalarPath, "utf8"));

/** xorshift64*: the same sequence everywhere. */
export class Random {
  private state: bigint;

  constructor(seed: number) {
    this.state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n;
  }

  bits(count: number): bigint {
    let x = BigInt.asUintN(64, this.state);
    x ^= x >> 12n;
    x ^= BigInt.asUintN(64, x << 25n);
    x ^= x >> 27n;
    this.state = x;
    return BigInt.asUintN(64, x * 0x2545f4914f6cdd1dn) >> BigInt(64 - count);
  }

  below(limit: number): number {
    return Number(this.bits(32) % BigInt(limit));
  }

  /** Uniform in its magnitude's length, with the interval's ends, 0 and powers of two often. */
  within({ low, high }: Interval): bigint {
    for (;;) {
      const kind = this.below(8);
      const near = BigInt(this.below(3) - 1);
      const length = 1 + this.below(63);
      const sign = this.below(2) === 0 ? 1n : -1n;
      const value =
        kind === 0
          ? low + BigInt(this.below(2))
          : kind === 1
            ? high - BigInt(this.below(2))
            : kind === 2
              ? near
              : kind === 3
                ? sign * (1n << BigInt(length)) + near
                : sign * this.bits(length);
      if (low <= value && value <= high) return value;
    }
  }
}

const int32 = between(-(1n << 31n), (1n << 31n) - 1n);
const fitsInt32 =
  (name: string) =>
  (...values: bigint[]) => {
    const result = oracle[name]!(...values);
    return contains(int32, between(result, result));
  };

/** What callers promise beyond the parameter ranges. */
const contracts: Readonly<Record<string, (...values: bigint[]) => boolean>> = {
  shiftFloor: fitsInt32("shiftFloor"),
  requantPlain: fitsInt32("requantPlain"),
  requantSign: fitsInt32("requantSign"),
  requantParity: fitsInt32("requantParity"),
  clamp: (_value, lo, hi) => lo! <= hi!,
  addLinear: (a, b, ma, mb, c) => fitsInt32("addLinear")(a!, b!, ma!, mb!, c!, 0n),
  roundQuotient: (quotient, remainder, d) => remainder! < d! && quotient! * d! + remainder! <= 256n * d!,
  quotientHalfEven: (n, d) => d! > 0n && n! <= 256n * d!,
  softmaxReciprocal: (sum) => sum! > 0n,
};

/** Arguments near the places where rounding decides. */
const ties: Readonly<Partial<Record<string, (random: Random) => bigint[]>>> = {
  saturatingRoundingDoublingHighMul: (random) => {
    const twos = random.below(31);
    const odd = () => (random.bits(8) | 1n) * (random.below(2) === 0 ? 1n : -1n);
    return [(odd() << BigInt(twos)) + BigInt(random.below(8) === 0), odd() << BigInt(30 - twos)];
  },
  roundingDivideByPot: (random) => {
    const exponent = 1 + random.below(31);
    const odd = BigInt.asIntN(32 - exponent + 1, random.bits(32) | 1n);
    return [(odd << BigInt(exponent - 1)) + BigInt(random.below(3) - 1), BigInt(exponent)];
  },
  roundQuotient: (random) => {
    const half = 1n + random.bits(1 + random.below(47));
    return [BigInt(random.below(256)), half + BigInt(random.below(3) - 1), 2n * half];
  },
  quotientHalfEven: (random) => {
    const half = 1n + random.bits(1 + random.below(40));
    return [half * BigInt(2 * random.below(256) + 1) + BigInt(random.below(3) - 1), 2n * half];
  },
  requantParity: (random) => {
    const shift = BigInt(1 + random.below(30));
    const multiplier = random.bits(8);
    const acc = BigInt.asIntN(20, random.bits(20));
    const target = BigInt(random.below(512) - 256) << shift;
    const correction = random.below(2) === 0 ? 1n : random.bits(Number(shift));
    const near = BigInt(random.below(3) - 1) + (random.below(2) === 0 ? correction : 0n);
    return [acc, multiplier, target - acc * multiplier + near, correction, shift, random.bits(1)];
  },
  reciprocalNewtonStep: (random) => {
    const half = (1n << 30n) + random.bits(30);
    let x = oracle.reciprocalInitial!(half);
    for (let step = random.below(3); step > 0; step--) x = oracle.reciprocalNewtonStep!(x, half);
    return [x, half];
  },
  softmaxReciprocal: (random) => [(random.bits(9) | 1n) << BigInt(random.below(23))],
};

/** Functions whose contract holds only on the values that `ties` makes. */
const onlyTies = new Set(["reciprocalNewtonStep"]);

export function vectorsFor({ name, parameters }: ScalarFunction, count: number, seed = 1): bigint[][] {
  const random = new Random(seed);
  const vectors: bigint[][] = [];
  while (vectors.length < count) {
    const tie = ties[name];
    const values =
      tie && (onlyTies.has(name) || vectors.length % 2 === 0)
        ? tie(random)
        : parameters.map(({ interval }) => random.within(interval));
    const inRange = values.every((value, index) => contains(parameters[index]!.interval, between(value, value)));
    if (inRange && (contracts[name]?.(...values) ?? true)) vectors.push(values);
  }
  return vectors;
}
