/** Tables of real functions: the correctly rounded real value, or ONNX Runtime's float32 one. */

import type { Range } from "../../ir/types.js";
import type { Expression } from "../expression.js";
import { type Real, realFunction } from "../expression-exact.js";
import { estimate, evaluateFloat32 } from "../expression-float32.js";
import { evaluateInterval, widened } from "../expression-interval.js";
import { f32, rint, saturate } from "../float32.js";
import type { Affine, ExpressionDefinition, ExpressionSpec } from "../numerics.js";
import { add, divide, floorDivide, fromFloat, multiply, type Rational, rational, roundHalfEven } from "../rational.js";
import { toNumber } from "../real-math.js";
import { type Staircase, staircaseOf } from "../staircase.js";
import { inverseStaircase } from "./inverse-staircase.js";

/** Bits tried until the value is clear of a tie. What is not clear at the last counts as a tie (SPEC.md, "Tables"). */
const precisions = [256, 1024, 4096] as const;

/** J = RNE(f(sx*(x - zx)) / sy) of the real f, saturated. */
export function exactExpression({ expression, input, output, clamp }: ExpressionSpec): ExpressionDefinition {
  const inputScale = fromFloat(input.scale);
  const rounded = roundedReal(expression, output, clamp);
  return { value: (code) => rounded(multiply(inputScale, rational(BigInt(code - input.zeroPoint)))) };
}

/** The output code of the real f at a rational x: zp + RNE(f(x) / sy), saturated; undefined where f has no value. */
export function roundedReal(expression: Expression, output: Affine, clamp: Range): (x: Rational) => number | undefined {
  const outputScale = fromFloat(output.scale);
  const functions = new Map<number, (x: Rational) => Real>();
  const at = (bits: number) => {
    const known = functions.get(bits) ?? realFunction(expression, bits);
    functions.set(bits, known);
    return known;
  };
  return (x) => {
    const quick = roundedInterval(expression, output, clamp, x);
    if (quick !== undefined) return quick;
    for (const bits of precisions) {
      const real = at(bits)(x);
      if (real.denominator === 0n) {
        return real.numerator === 0n ? undefined : real.numerator > 0n ? clamp.hi : clamp.lo;
      }
      const scaled = divide(real, outputScale);
      const sure = !real.doubtful && (real.exact || clearOfTies(scaled, bits));
      if (sure || bits === precisions.at(-1)) {
        return saturate(Number(roundHalfEven(scaled)) + output.zeroPoint, clamp.lo, clamp.hi);
      }
    }
    return undefined;
  };
}

/** The output code wherever double precision is enough to tell it. */
function roundedInterval(expression: Expression, output: Affine, { lo, hi }: Range, x: Rational): number | undefined {
  const double = toNumber(x);
  const value = evaluateInterval(expression, widened(double, double));
  const scaled = value && widened(value.lo / output.scale, value.hi / output.scale);
  if (!scaled) return undefined;
  const code = saturate(rint(scaled.lo) + output.zeroPoint, lo, hi);
  return code === saturate(rint(scaled.hi) + output.zeroPoint, lo, hi) ? code : undefined;
}

/** An accumulator's real value: slope * acc + delta. */
export interface RealLine {
  readonly slope: Rational;
  readonly delta: Rational;
}

/**
 * The staircase of a non-decreasing real function of an accumulator's value, or undefined where that is no number. Thresholds
 * are guessed in double precision and then found exactly.
 */
export function functionStaircase(
  expression: Expression,
  { slope, delta }: RealLine,
  output: Affine,
  clamp: Range,
  acc: Range,
): Staircase | undefined {
  const rounded = roundedReal(expression, output, clamp);
  const at = (code: number) => rounded(add(multiply(slope, rational(BigInt(code))), delta));
  const direct = inverseStaircase(expression, { slope, delta, code: at }, output, acc);
  if (direct) return direct;
  let defined = true;
  const value = (accumulator: number) => {
    const code = at(accumulator);
    defined &&= code !== undefined;
    return code ?? clamp.lo;
  };
  const [a, b] = [toNumber(slope), toNumber(delta)];
  const guess = (code: number) => {
    const level = output.scale * (code - 0.5 - output.zeroPoint);
    let [low, high] = [acc.lo, acc.hi];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (estimate(expression, a * middle + b) >= level) high = middle;
      else low = middle;
    }
    return high;
  };
  const staircase = staircaseOf(value, acc.lo, acc.hi, guess);
  return defined ? staircase : undefined;
}

/** Whether the value is further than 2^(-bits/2) from every half-integer. */
function clearOfTies({ numerator, denominator }: Rational, bits: number): boolean {
  const rest = numerator - floorDivide(numerator, denominator) * denominator;
  const distance = 2n * rest > denominator ? 2n * rest - denominator : denominator - 2n * rest;
  return distance << BigInt(bits / 2) > 2n * denominator;
}

/** y = RNE(fl(f(fl(sx*(x - zx))) / sy)) + zy, every operator of f rounded to float32. */
export function float32Expression({ expression, input, output, clamp }: ExpressionSpec): ExpressionDefinition {
  return {
    value(code) {
      const real = evaluateFloat32(expression, f32(input.scale * (code - input.zeroPoint)));
      if (Number.isNaN(real)) return undefined;
      if (!Number.isFinite(real)) return real > 0 ? clamp.hi : clamp.lo;
      return saturate(rint(f32(real / output.scale)) + output.zeroPoint, clamp.lo, clamp.hi);
    },
  };
}
