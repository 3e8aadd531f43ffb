/** Intervals of doubles hold the real value, and are narrow enough to settle nearly every entry of a table. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expression, FunctionName } from "../../compiler/arith/expression.js";
import { realFunction } from "../../compiler/arith/expression-exact.js";
import { evaluateInterval } from "../../compiler/arith/expression-interval.js";
import { add, fromFloat, rational, subtract } from "../../compiler/arith/rational.js";

const constant = fc.integer({ min: -4000, max: 4000 }).map((thousandths) => thousandths / 1000);
const unary = ["Abs", "Ceil", "Erf", "Exp", "Floor", "Gelu", "GeluTanh", "HardSwish", "Log", "Mish", "Neg"] as const;
const moreUnary = ["Reciprocal", "Round", "Sigmoid", "Sign", "Softplus", "Softsign", "Sqrt", "Tanh"] as const;
const binary = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"] as const;
const withConstant = ["Celu", "Elu", "LeakyRelu", "Pow", "Swish", "ThresholdedRelu"] as const;
const withTwo = ["HardSigmoid", "Selu"] as const;

const { expressions } = fc.letrec<{ expressions: Expression }>((tie) => {
  const inner = tie("expressions");
  const apply = (names: readonly FunctionName[], ...operands: fc.Arbitrary<Expression>[]) =>
    fc.tuple(fc.constantFrom(...names), ...operands) as unknown as fc.Arbitrary<Expression>;
  return {
    expressions: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant("x" as const),
      apply([...unary, ...moreUnary], inner),
      apply(binary, inner, fc.oneof(inner, constant)),
      apply(withConstant, inner, fc.oneof(constant, fc.integer({ min: -3, max: 3 }))),
      apply(withTwo, inner, constant, constant),
    ),
  };
});

/** Errors of the reference value. */
const slack = rational(1n, 1n << 200n);
const holds = (expression: Expression, x: number) => {
  const interval = evaluateInterval(expression, { lo: x, hi: x });
  if (!interval) return undefined;
  const real = realFunction(expression, 256)(fromFloat(x));
  const [above, below] = [subtract(real, fromFloat(interval.lo)), subtract(fromFloat(interval.hi), real)];
  return [above, below].every((distance) => add(distance, slack).numerator >= 0n);
};

describe("evaluateInterval", () => {
  it("holds the real value of random expressions", () => {
    let known = 0;
    fc.assert(
      fc.property(expressions, fc.integer({ min: -20_000, max: 20_000 }), (expression, thousandths) => {
        const result = holds(expression, thousandths / 1000);
        if (result !== undefined) known++;
        return result !== false;
      }),
      { numRuns: 4000, seed: 11 },
    );
    expect(known).toBeGreaterThan(2000);
  });

  it.each<[string, Expression]>([
    ["gelu", ["Gelu", "x"]],
    ["silu", ["Mul", "x", ["Sigmoid", "x"]]],
    ["erf near its ends", ["Erf", ["Mul", "x", 0.3]]],
  ])("%s is known to 2^-34", (_, expression) => {
    for (let k = -2000; k <= 2000; k += 13) {
      const x = k / 101;
      expect(holds(expression, x)).toBe(true);
      const { lo, hi } = evaluateInterval(expression, { lo: x, hi: x })!;
      expect(hi - lo).toBeLessThan(2 ** -34);
    }
  });

  it("says nothing where a jump or a pole is too near", () => {
    expect(evaluateInterval(["Floor", ["Mul", "x", 3]], { lo: 1 / 3, hi: 1 / 3 })).toBeUndefined();
    expect(evaluateInterval(["Reciprocal", ["Sub", "x", 1]], { lo: 1, hi: 1 })).toBeUndefined();
    expect(evaluateInterval(["Log", "x"], { lo: -1, hi: -1 })).toBeUndefined();
  });
});
