/** Sums of operands of more than 8 bits, whose pairs are too many to look at: certified in closed form. */
import { affineStaircase, exact } from "../../arith/definitions/exact.js";
import { functionStaircase } from "../../arith/definitions/expression.js";
import type { Expression } from "../../arith/expression.js";
import type { Affine } from "../../arith/numerics.js";
import { ceilDivide, divide, fromFloat, gcd, multiply, rational, roundHalfEven } from "../../arith/rational.js";
import { evaluateStaircase } from "../../arith/staircase.js";
import { fail } from "../../diagnostics.js";
import type { Range } from "../../ir/types.js";
import type { LowerContext } from "../op.js";
import type { AddTied, AddWeights, AddWide, TiedForm } from "./add.types.js";

export interface WideOperand extends Affine {
  /** -1 for an operand that is taken off. */
  readonly sign: 1n | -1n;
  /** Of the codes' type. */
  readonly bits: number;
  /** Reachable codes. */
  readonly reachable: Range;
}

export interface WideSpec {
  readonly node: string;
  readonly operands: readonly [WideOperand, WideOperand];
  /** Non-decreasing function of the sum. */
  readonly post: Expression | undefined;
  readonly output: Affine;
  readonly clamp: Range;
}

/** y = zp + RNE((a*weights[0] + b*weights[1] + offset) / denominator) before the clamp, reduced to lowest terms. */
type Fraction = Pick<AddTied, "weights" | "offset" | "denominator">;

/**
 * The cheapest certified form of `exact` arithmetic. Throws QC3002 when scales are too far apart for 64-bit sums. Notes QC3003
 * under other families, which define sums of 8-bit codes only.
 */
export function lowerWide(spec: WideSpec, { numerics, note }: LowerContext): AddWide {
  if (numerics !== exact) note("QC3003", `${numerics.name} has no integer sum of more than 8 bits; exact is used.`);
  const fraction = fractionOf(spec);
  const wide = weighted(spec, fraction) ?? tied(spec, fraction);
  if (wide) return { wide };
  const [a, b] = spec.operands;
  return fail(
    "QC3002",
    `scales ${a.scale} and ${b.scale} with the result's ${spec.output.scale}: the sum needs more than 64 bits. ` +
      "Quantize the operands with scales closer to the result's, or to int8.",
    spec.node,
  );
}

/** Output code of two codes: the definition. */
export function evaluateWide(wide: AddWide["wide"], clamp: Range, a: number, b: number): number {
  if (wide.kind === "weights") {
    return evaluateStaircase(wide.requantize.channels[0]!, a * wide.weights[0] + b * wide.weights[1]);
  }
  const numerator = BigInt(a) * wide.weights[0] + BigInt(b) * wide.weights[1] + wide.offset;
  const code = wide.zeroPoint + Number(roundHalfEven(rational(numerator, wide.denominator)));
  return Math.min(Math.max(code, clamp.lo), clamp.hi);
}

function fractionOf({ operands, output }: WideSpec): Fraction {
  const outputScale = fromFloat(output.scale);
  const ratios = operands.map(({ scale, sign }) => {
    const { numerator, denominator } = divide(fromFloat(scale), outputScale);
    return { numerator: sign * numerator, denominator };
  });
  const [a, b] = [ratios[0]!, ratios[1]!];
  const weights = [a.numerator * b.denominator, b.numerator * a.denominator] as const;
  const denominator = a.denominator * b.denominator;
  const common = gcd(gcd(weights[0], weights[1]), denominator);
  const reduced = [weights[0] / common, weights[1] / common] as const;
  const offset = -operands.reduce((sum, { zeroPoint }, i) => sum + BigInt(zeroPoint) * reduced[i]!, 0n);
  return { weights: reduced, offset, denominator: denominator / common };
}

const magnitude = ({ lo, hi }: Range) => BigInt(Math.max(Math.abs(lo), Math.abs(hi)));
const absolute = (value: bigint) => (value < 0n ? -value : value);

/** The numerators, less their common factor, where they fit int32: operands of one scale, or of scales in small ratios. */
function weighted(
  { operands, post, output, clamp }: WideSpec,
  { weights, offset, denominator }: Fraction,
): AddWeights | undefined {
  const common = gcd(weights[0], weights[1]);
  const least = weights.map((weight) => weight / common);
  const largest = operands.map(({ reachable }, i) => magnitude(reachable) * absolute(least[i]!));
  if (largest[0]! + largest[1]! >= 1n << 31n) return undefined;
  const [wa, wb] = least.map(Number) as [number, number];
  const ends = operands.map(({ reachable: { lo, hi } }, i) => [lo, hi].map((code) => code * [wa, wb][i]!));
  const acc = {
    lo: Math.min(...ends[0]!) + Math.min(...ends[1]!),
    hi: Math.max(...ends[0]!) + Math.max(...ends[1]!),
  };
  const slope = rational(common, denominator);
  const delta = rational(offset, denominator);
  const outputScale = fromFloat(output.scale);
  const line = { slope: multiply(slope, outputScale), delta: multiply(delta, outputScale) };
  const staircase =
    post === undefined
      ? affineStaircase(slope, delta, output.zeroPoint, clamp, acc)
      : functionStaircase(post, line, output, clamp, acc);
  if (!staircase) return undefined;
  return {
    kind: "weights",
    weights: [wa, wb],
    requantize: { channels: [staircase], zeroPoint: output.zeroPoint, clamp },
  };
}

/** What the scalar function addWide takes. */
const [codeBits, mostShift, multiplierLimit, offsetLimit] = [16, 62, 1n << 45n, 1n << 61n] as const;

/**
 * The exact value v = N/D + zp + 1/2, N = a*wa + b*wb + offset, has a fractional part that is a multiple of g/(2D), where g is 2
 * for even D and else 1; it is 0 exactly at ties. With m = w*2^s/D rounded, u = a*ma + b*mb + c differs from v*2^s by an error
 * between 0 and 2E, E = (|a|*|ma*D - wa*2^s| + |b|*|mb*D - wb*2^s|)/D at its largest. So the floor of u/2^s is that of v, and u's
 * low bits are at most 2E exactly at ties, whenever 2E < 2^s*g/(2D). Codes of fewer bits than 16 are taken times a power of
 * two, which leaves room for multipliers as much larger.
 */
function tied({ operands, post, output }: WideSpec, fraction: Fraction): AddTied | undefined {
  if (post !== undefined || operands.some(({ bits }) => bits > codeBits)) return undefined;
  const { weights, offset, denominator } = fraction;
  const reachable = operands.map((operand) => magnitude(operand.reachable));
  const units = operands.map(({ bits }) => 2 ** (codeBits - bits)) as [number, number];
  const step = denominator % 2n === 0n ? 2n : 1n;
  for (let shift = 0; shift <= mostShift; shift++) {
    const scaled = weights.map((weight) => weight << BigInt(shift));
    const [ma, mb] = scaled.map((value, i) => roundHalfEven(rational(value, denominator * BigInt(units[i]!)))) as [
      bigint,
      bigint,
    ];
    if (absolute(ma) >= multiplierLimit || absolute(mb) >= multiplierLimit) return undefined;
    const whole = [ma, mb].map((m, i) => m * BigInt(units[i]!));
    const errors = whole.map((m, i) => reachable[i]! * absolute(m * denominator - scaled[i]!));
    // c is rounded too: one unit more on either side.
    const error = ceilDivide(errors[0]! + errors[1]!, denominator) + 1n;
    if (2n * error * 2n * denominator >= step << BigInt(shift)) continue;
    const exactOffset = rational((2n * offset + denominator) << BigInt(shift), 2n * denominator);
    const c = roundHalfEven(exactOffset) + (BigInt(output.zeroPoint) << BigInt(shift)) + error;
    if (absolute(c) >= offsetLimit) return undefined;
    const form: TiedForm = { units, ma, mb, c, shift, correction: 2n * error + 1n };
    if (!fitsInt32(whole, form, operands)) return undefined;
    return { kind: "tied", ...fraction, zeroPoint: output.zeroPoint, form };
  }
  return undefined;
}

/** The quotient before the clamp is an int32, at every pair of reachable codes. */
function fitsInt32(whole: readonly bigint[], { c, shift }: TiedForm, operands: WideSpec["operands"]): boolean {
  const sum = operands.reduce((total, { reachable }, i) => total + magnitude(reachable) * absolute(whole[i]!), 0n);
  return (sum + absolute(c)) >> BigInt(shift) < 1n << 31n;
}
