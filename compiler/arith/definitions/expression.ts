/** Tables of real functions: the correctly rounded real value, or ONNX Runtime's float32 one. */

import { evaluateReal } from "../expression-exact.js";
import { evaluateFloat32 } from "../expression-float32.js";
import { f32, rint, saturate } from "../float32.js";
import type { ExpressionDefinition, ExpressionSpec } from "../numerics.js";
import { divide, floorDivide, fromFloat, multiply, type Rational, rational, roundHalfEven } from "../rational.js";

/** Bits tried until the value is clear of a tie. What is not clear at the last counts as a tie (SPEC.md, "Tables"). */
const precisions = [256, 1024, 4096] as const;

/** J = RNE(f(sx*(x - zx)) / sy) of the real f, saturated. */
export function exactExpression({ expression, input, output, clamp }: ExpressionSpec): ExpressionDefinition {
  const inputScale = fromFloat(input.scale);
  const outputScale = fromFloat(output.scale);
  return {
    value(code) {
      const x = multiply(inputScale, rational(BigInt(code - input.zeroPoint)));
      for (const bits of precisions) {
        const real = evaluateReal(expression, x, bits);
        if (real.denominator === 0n) {
          return real.numerator === 0n ? undefined : real.numerator > 0n ? clamp.hi : clamp.lo;
        }
        const scaled = divide(real, outputScale);
        if (real.exact || clearOfTies(scaled, bits) || bits === precisions.at(-1)) {
          return saturate(Number(roundHalfEven(scaled)) + output.zeroPoint, clamp.lo, clamp.hi);
        }
      }
      return undefined;
    },
  };
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
