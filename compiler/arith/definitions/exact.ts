/**
 * `exact`: the ONNX standard's real arithmetic in exact rationals (float32 scales are dyadic), rounded half to even on
 * the value before the zero point (ONNX QuantizeLinear), then saturated.
 */
import type { RealClamp } from "../../ir/graph.js";
import { type IntegerType, type Range, typeRange } from "../../ir/types.js";
import { saturate } from "../float32.js";
import type {
  AddDefinition,
  AddSpec,
  AddTables,
  AveragePoolSpec,
  Numerics,
  ProductSpec,
  UnarySpec,
} from "../numerics.js";
import {
  add,
  ceilDivide,
  divide,
  fromFloat,
  gcd,
  multiply,
  type Rational,
  rational,
  roundHalfEven,
  subtract,
} from "../rational.js";
import { identityStaircase, mostThresholds, requireSteps, type Staircase } from "../staircase.js";
import { exactExpression, functionStaircase, roundedReal } from "./expression.js";
import { roundedSoftmax } from "./softmax.js";

export const exact: Numerics = {
  name: "exact",
  clampCodes: exactClampCodes,
  product(spec: ProductSpec): Staircase {
    const outputScale = fromFloat(spec.outputScale);
    const product = multiply(fromFloat(spec.inputScale), fromFloat(spec.weightScale));
    // The bias keeps its own scale, which is normally fl(sx*sw) and not the exact product.
    const excess = subtract(fromFloat(spec.biasScale), product);
    const delta = divide(multiply(excess, rational(BigInt(spec.bias ?? 0))), outputScale);
    return affineStaircase(divide(product, outputScale), delta, spec.outputZeroPoint, spec.clamp, spec.acc);
  },
  add: exactAdd,
  multiply({ a, b, output, clamp, product }) {
    const slope = divide(multiply(fromFloat(a.scale), fromFloat(b.scale)), fromFloat(output.scale));
    return affineStaircase(slope, rational(0n), output.zeroPoint, clamp, product);
  },
  averagePool(spec) {
    return { staircase: exactAveragePool(spec) };
  },
  unary: exactUnary,
  expression: exactExpression,
  softmax: (input, output, where) => roundedSoftmax(input.scale, fromFloat(output.scale), where),
};

/** Clamps commute with rounding: clamping J at round(bound / scale) equals clamping the real value. */
export function exactClampCodes(
  clamp: RealClamp,
  output: { scale: number; zeroPoint: number },
  type: IntegerType,
): Range {
  const { lo, hi } = typeRange(type);
  const code = (bound: number) =>
    saturate(Number(roundHalfEven(divide(fromFloat(bound), fromFloat(output.scale)))) + output.zeroPoint, lo, hi);
  return {
    lo: clamp.min === -Infinity ? lo : code(clamp.min),
    hi: clamp.max === Infinity ? hi : code(clamp.max),
  };
}

/** Staircase of zeroPoint + RNE(slope * acc + delta), clamped: each threshold by one exact division. */
export function affineStaircase(
  slope: Rational,
  delta: Rational,
  zeroPoint: number,
  clamp: Range,
  acc: Range,
): Staircase {
  const at = (value: number) =>
    saturate(
      Number(roundHalfEven(add(multiply(slope, rational(BigInt(value))), delta))) + zeroPoint,
      clamp.lo,
      clamp.hi,
    );
  const first = at(acc.lo);
  if (slope.numerator === slope.denominator && delta.numerator === 0n && clamp.hi - clamp.lo > mostThresholds) {
    const unclamped = acc.lo + zeroPoint >= clamp.lo && acc.hi + zeroPoint <= clamp.hi;
    if (unclamped) return { ...identityStaircase(acc), first };
  }
  requireSteps(at(acc.hi) - first);
  const thresholds = new Int32Array(at(acc.hi) - first);
  // J is reached where slope*acc + delta >= J - 1/2, strictly if J is odd: the tie J - 1/2 rounds to the even neighbour.
  // With slope = N/D and delta = P/Q:  acc >= ((2J - 1)*Q - 2P) * D / (2*N*Q).
  const { numerator: n, denominator: d } = slope;
  const { numerator: p, denominator: q } = delta;
  const divisor = 2n * n * q;
  for (let k = 0; k < thresholds.length; k++) {
    const j = BigInt(first + k + 1 - zeroPoint);
    const dividend = ((2n * j - 1n) * q - 2n * p) * d;
    let threshold = ceilDivide(dividend, divisor);
    if ((j & 1n) === 1n && threshold * divisor === dividend) threshold += 1n;
    thresholds[k] = Number(threshold);
  }
  return { lo: acc.lo, hi: acc.hi, first, thresholds };
}

/** Staircase of the mean of `count` codes, from their integer sum. */
export function exactAveragePool(spec: AveragePoolSpec): Staircase {
  const slope = divide(
    fromFloat(spec.input.scale),
    multiply(fromFloat(spec.output.scale), rational(BigInt(spec.count))),
  );
  const delta = multiply(slope, rational(BigInt(-spec.count * spec.input.zeroPoint)));
  return affineStaircase(slope, delta, spec.output.zeroPoint, spec.clamp, spec.sum);
}

/** Output code of a single requantized code. */
export function exactUnary(spec: UnarySpec): (code: number) => number {
  const ratio = divide(fromFloat(spec.input.scale), fromFloat(spec.output.scale));
  return (code) =>
    saturate(
      Number(roundHalfEven(multiply(ratio, rational(BigInt(code - spec.input.zeroPoint))))) + spec.output.zeroPoint,
      spec.clamp.lo,
      spec.clamp.hi,
    );
}

/** J = RNE((+-sa(a - za) +- sb(b - zb)) / sy) as an integer numerator over one common denominator. */
function exactAdd({ a, b, subtract, post, output, clamp }: AddSpec): AddDefinition {
  const ratioA = divide(fromFloat(a.scale), fromFloat(output.scale));
  const ratioB = divide(fromFloat(b.scale), fromFloat(output.scale));
  const denominator = ratioA.denominator * ratioB.denominator;
  const weightA = (subtract === "first" ? -1n : 1n) * ratioA.numerator * ratioB.denominator;
  const weightB = (subtract === "second" ? -1n : 1n) * ratioB.numerator * ratioA.denominator;
  const common = gcd(gcd(weightA, weightB), denominator);
  const numerator = (x: number, y: number) =>
    (BigInt(x - a.zeroPoint) * weightA + BigInt(y - b.zeroPoint) * weightB) / common;
  const unit = rational(common, denominator);
  const rounded = post === undefined ? undefined : roundedReal(post, output, clamp);
  const outputScale = fromFloat(output.scale);
  const [slopeA, slopeB] = [Number(weightA) / Number(denominator), Number(weightB) / Number(denominator)];
  const value = (x: number, y: number) => {
    if (!rounded) {
      // What doubles place clear of a tie, by more than their errors, needs no exact quotient.
      const [p, q] = [slopeA * (x - a.zeroPoint), slopeB * (y - b.zeroPoint)];
      const nearest = Math.round(p + q);
      const clearance = Math.abs(Math.abs(p + q - nearest) - 0.5);
      if (clearance > 2 ** -45 * (Math.abs(p) + Math.abs(q) + 1) && Math.abs(nearest) < 2 ** 31)
        return saturate(nearest + output.zeroPoint, clamp.lo, clamp.hi);
    }
    const steps = multiply(unit, rational(numerator(x, y)));
    if (rounded) return rounded(multiply(steps, outputScale)) ?? clamp.lo;
    return saturate(Number(roundHalfEven(steps)) + output.zeroPoint, clamp.lo, clamp.hi);
  };
  return { value, tables: () => exactTables() };

  /** The numerators themselves, when they fit 31 bits: the case of power-of-two scales, where true ties exist. */
  function exactTables(): AddTables | undefined {
    const rangeA = typeRange(a.type);
    const rangeB = typeRange(b.type);
    const table = (range: Range, term: (code: number) => bigint) =>
      Array.from({ length: range.hi - range.lo + 1 }, (_, i) => term(range.lo + i));
    const valuesA = table(rangeA, (code) => numerator(code, b.zeroPoint));
    const valuesB = table(rangeB, (code) => numerator(a.zeroPoint, code));
    const lo = least(valuesA) + least(valuesB);
    const hi = -least(valuesA.map((value) => -value)) - least(valuesB.map((value) => -value));
    if (lo < -(1n << 30n) || hi > 1n << 30n) return undefined;
    const acc = { lo: Number(lo), hi: Number(hi) };
    const line = { slope: multiply(unit, outputScale), delta: rational(0n) };
    const sum =
      post === undefined
        ? affineStaircase(unit, rational(0n), output.zeroPoint, clamp, acc)
        : functionStaircase(post, line, output, clamp, acc);
    return sum && { a: Int32Array.from(valuesA, Number), b: Int32Array.from(valuesB, Number), sum };
  }
}

/** The smaller end of a monotone table. */
function least(values: readonly bigint[]): bigint {
  const [first, last] = [values[0]!, values.at(-1)!];
  return first < last ? first : last;
}
