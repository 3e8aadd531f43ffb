/** Interval arithmetic and what comparisons teach, against enumeration of every value of small intervals. */
import { describe, expect, it } from "vitest";
import {
  between,
  combine,
  contains,
  formatOf,
  hull,
  type Interval,
  type Operator,
  typeInterval,
} from "../../scripts/generate/interval.js";
import type { CompareOperator, Expression } from "../../scripts/generate/ir.js";
import { refine } from "../../scripts/generate/refine.js";

const values = ({ low, high }: Interval) =>
  Array.from({ length: Number(high - low) + 1 }, (_, index) => low + BigInt(index));

function intervals(low: bigint, high: bigint): Interval[] {
  const ends = values(between(low, high));
  return ends.flatMap((first) => ends.filter((last) => last >= first).map((last) => between(first, last)));
}

/** The smallest interval that holds f of every pair. */
const enumerate = (a: Interval, b: Interval, f: (x: bigint, y: bigint) => bigint) =>
  hull(...values(a).flatMap((x) => values(b).map((y) => between(f(x, y), f(x, y)))));

const functions: Record<Operator, (x: bigint, y: bigint) => bigint> = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => x / y,
  ">>": (x, y) => x >> y,
  "<<": (x, y) => x << y,
  "&": (x, y) => x & y,
  "^": (x, y) => x ^ y,
  "|": (x, y) => x | y,
};

describe("combine", () => {
  it.each([
    ["+", -5n, -5n],
    ["-", -5n, -5n],
    ["*", -5n, -5n],
    [">>", -5n, 0n],
    ["<<", 0n, 0n],
    ["/", 0n, 1n],
  ] as const)("is exact for %s", (operator, leftLow, rightLow) => {
    for (const a of intervals(leftLow, 5n)) {
      for (const b of intervals(rightLow, 5n)) {
        expect(combine(operator, a, b)).toEqual(enumerate(a, b, functions[operator]));
      }
    }
  });

  it.each(["&", "^", "|"] as const)("holds every value of %s", (operator) => {
    for (const a of intervals(-6n, 6n)) {
      for (const b of intervals(-6n, 6n)) {
        const found = combine(operator, a, b);
        if (!contains(found, enumerate(a, b, functions[operator])))
          expect.fail(`[${a.low},${a.high}] ${operator} [${b.low},${b.high}]`);
      }
    }
  });

  it("caps & by its non-negative operands", () => {
    expect(combine("&", between(-100n, 100n), between(0n, 7n))).toEqual(between(0n, 7n));
    expect(combine("&", between(0n, 9n), between(0n, 7n))).toEqual(between(0n, 7n));
  });
});

it("formatOf is the narrowest format", () => {
  for (const interval of intervals(-20n, 20n)) {
    const { width, signed } = formatOf(interval);
    expect(signed).toBe(interval.low < 0n);
    expect(contains(typeInterval({ width, signed }), interval)).toBe(true);
    if (width > 1) expect(contains(typeInterval({ width: width - 1, signed }), interval)).toBe(false);
  }
});

const compare: Record<CompareOperator, (x: bigint, y: bigint) => boolean> = {
  "<": (x, y) => x < y,
  "<=": (x, y) => x <= y,
  ">": (x, y) => x > y,
  ">=": (x, y) => x >= y,
  "===": (x, y) => x === y,
  "!==": (x, y) => x !== y,
};

describe("refine", () => {
  const name = (text: string): Expression => ({ kind: "name", at: "", name: text });

  it.each(Object.keys(compare) as CompareOperator[])(
    "keeps exactly the values for which %s is possible",
    (operator) => {
      const condition = { kind: "compare", at: "", operator, left: name("x"), right: name("y") } as const;
      for (const a of intervals(-3n, 3n)) {
        for (const b of intervals(-3n, 3n)) {
          for (const outcome of [true, false]) {
            const holds = (x: bigint, y: bigint) => compare[operator](x, y) === outcome;
            const left = values(a).filter((x) => values(b).some((y) => holds(x, y)));
            const right = values(b).filter((y) => values(a).some((x) => holds(x, y)));
            const refined = refine(condition, a, b, new Map(), outcome);
            const want =
              left.length === 0 ? undefined : [between(left[0]!, left.at(-1)!), between(right[0]!, right.at(-1)!)];
            expect(refined && [refined.get("x"), refined.get("y")]).toEqual(want);
          }
        }
      }
    },
  );
});
