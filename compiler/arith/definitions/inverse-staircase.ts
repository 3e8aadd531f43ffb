/**
 * Staircases of functions that can be turned round step by step: constants added or multiplied, bounds, roundings to whole numbers, in any
 * order. Their thresholds need one pass through the expression each, where the general way searches.
 */
import type { Range } from "../../ir/types.js";
import { type Expression, type FunctionName, operandsOf } from "../expression.js";
import { type Real, realFunction } from "../expression-exact.js";
import { monotonicity } from "../monotonicity.js";
import type { Affine } from "../numerics.js";
import {
  add,
  ceilDivide,
  divide,
  floorDivide,
  fromFloat,
  multiply,
  type Rational,
  rational,
  subtract,
} from "../rational.js";
import { requireSteps, type Staircase } from "../staircase.js";

/** Numbers that are at least `at`, or more than it where `strict`; with `complement`, all others. */
interface Level {
  readonly at: Rational;
  /** False when `at` comes from an approximated constant. */
  readonly exact: boolean;
  readonly strict: boolean;
  readonly complement: boolean;
}

/** A level, or the answer where it does not depend on the operand, or "unsure" where an approximation leaves it open. */
type Found = Level | "all" | "none" | "unsure";

/** From the numbers that a step's result shall be in to those that its operand must be in. */
type Inverse = (level: Level) => Found;

const bits = 256;
const half = rational(1n, 2n);
const whole = (value: bigint) => rational(value);

/** Whether a distance is within 2^(-bits/2) of 0. */
function nearZero({ numerator, denominator }: Rational): boolean {
  return (numerator < 0n ? -numerator : numerator) << BigInt(bits / 2) < denominator;
}

const nearWhole = (value: Rational) =>
  nearZero(subtract(value, whole(floorDivide(2n * value.numerator + value.denominator, 2n * value.denominator))));

const swapped = (found: Found) => (found === "all" ? "none" : found === "none" ? "all" : found);

/** The least whole number of a level. */
const leastWhole = ({ at, strict }: Level) =>
  strict ? floorDivide(at.numerator, at.denominator) + 1n : ceilDivide(at.numerator, at.denominator);

/** A rounding: `from` gives, for a whole number, the least operand that is rounded to it or more. */
function rounding(from: (value: bigint) => { at: Rational; strict: boolean }): Inverse {
  return (level) => {
    if (!level.exact && nearWhole(level.at)) return "unsure";
    return { ...level, exact: true, ...from(leastWhole(level)) };
  };
}

const unary: Partial<Record<FunctionName, Inverse>> = {
  Ceil: rounding((value) => ({ at: whole(value - 1n), strict: true })),
  Floor: rounding((value) => ({ at: whole(value), strict: false })),
  Neg: moved((at) => rational(-at.numerator, at.denominator), true, true),
  Round: rounding((value) => ({ at: subtract(whole(value), half), strict: (value & 1n) === 1n })),
};

/** Towards zero, as Cast rounds. */
const truncation = rounding((value) =>
  value > 0n ? { at: whole(value), strict: false } : { at: whole(value - 1n), strict: true },
);

/** Steps with a constant, on the right side of the operand or on the left. */
const steps: Partial<Record<FunctionName, (constant: Real, right: boolean) => Inverse | undefined>> = {
  Add: (constant) => moved((at) => subtract(at, constant), constant.exact, false),
  Sub: (constant, right) => moved((at) => (right ? add(at, constant) : subtract(constant, at)), constant.exact, !right),
  Mul: (constant) => scaled(constant),
  Div: (constant, right) => (right ? scaled({ ...divide(rational(1n), constant), exact: constant.exact }) : undefined),
  Max: (constant) => bounded(constant, "all"),
  Min: (constant) => bounded(constant, "none"),
};

function moved(move: (at: Rational) => Rational, exact: boolean, falls: boolean): Inverse {
  // y = c - x >= a means x <= c - a: all but x > c - a.
  return (level) => ({
    at: move(level.at),
    exact: level.exact && exact,
    strict: level.strict !== falls,
    complement: level.complement !== falls,
  });
}

function scaled(factor: Real): Inverse | undefined {
  if (factor.numerator === 0n) return undefined;
  return moved((at) => divide(at, factor), factor.exact, factor.numerator < 0n);
}

/** Max(x, c) is in the level wherever c is; Min(x, c) nowhere unless c is. `otherwise` is the answer that c alone gives. */
function bounded(constant: Real, otherwise: "all" | "none"): Inverse {
  return (level) => {
    const above = subtract(constant, level.at);
    if (!(level.exact && constant.exact) && nearZero(above)) return "unsure";
    const inside = level.strict ? above.numerator > 0n : above.numerator >= 0n;
    const decided = inside === (otherwise === "all");
    if (!decided) return level;
    return level.complement ? swapped(otherwise) : otherwise;
  };
}

/** The steps from the result inwards; undefined when something in the expression is none. */
function inversesOf(expression: Expression): readonly Inverse[] | undefined {
  if (expression === "x") return [];
  if (typeof expression !== "object" || "perChannel" in expression) return undefined;
  const cast = truncated(expression);
  if (cast !== undefined) return behind(truncation, cast);
  const [name] = expression;
  const [first, second] = operandsOf(expression);
  const alone = unary[name];
  if (alone) return behind(alone, first!);
  if (second === undefined) return undefined;
  const right = isConstant(second);
  if (right === isConstant(first!)) return undefined;
  const constant = realFunction(right ? second : first!, bits)(rational(0n));
  if (constant.denominator === 0n || constant.doubtful) return undefined;
  return behind(steps[name]?.(constant, right), right ? first! : second);
}

const isConstant = (expression: Expression) => monotonicity(expression) === "constant";

function behind(inverse: Inverse | undefined, operand: Expression): readonly Inverse[] | undefined {
  const inner = inverse && inversesOf(operand);
  return inner && [inverse, ...inner];
}

/** The operand of Max(Floor(u), 0) + Min(Ceil(u), 0); undefined for other expressions. */
function truncated(expression: Expression): Expression | undefined {
  const parts = parted(expression, "Add");
  const [up, down] = [parted(parts?.[0], "Max"), parted(parts?.[1], "Min")];
  const [floor, ceil] = [parted(up?.[0], "Floor"), parted(down?.[0], "Ceil")];
  if (up?.[1] !== 0 || down?.[1] !== 0 || !floor || !ceil) return undefined;
  return JSON.stringify(floor[0]) === JSON.stringify(ceil[0]) ? floor[0] : undefined;
}

function parted(expression: Expression | undefined, name: FunctionName): readonly Expression[] | undefined {
  return Array.isArray(expression) && expression[0] === name ? operandsOf(expression as never) : undefined;
}

/** What a staircase is of: the function's operand is slope*acc + delta, slope > 0, and `code` gives the output of an accumulator. */
export interface Line {
  readonly slope: Rational;
  readonly delta: Rational;
  code(acc: number): number | undefined;
}

/**
 * The staircase of a non-decreasing expression, or undefined: when something in it cannot be turned round, or when an approximated
 * constant leaves a threshold in doubt.
 */
export function inverseStaircase(
  expression: Expression,
  { slope, delta, code }: Line,
  output: Affine,
  acc: Range,
): Staircase | undefined {
  const inverses = inversesOf(expression);
  const [first, last] = [code(acc.lo), code(acc.hi)];
  if (!inverses || first === undefined || last === undefined) return undefined;
  requireSteps(last - first);
  const scale = fromFloat(output.scale);
  const thresholds = new Int32Array(last - first);
  for (let k = 0; k < thresholds.length; k++) {
    // The code J + zp or more: the value is J - 1/2 steps or more, not at the tie itself for odd J (half to even).
    const j = BigInt(first + k + 1 - output.zeroPoint);
    const at = multiply(subtract(whole(j), half), scale);
    let found: Found = { at, exact: true, strict: (j & 1n) === 1n, complement: false };
    for (const inverse of inverses) {
      if (typeof found === "object") found = inverse(found);
    }
    if (found === "unsure" || (typeof found === "object" && found.complement)) return undefined;
    const least = typeof found === "object" ? leastAcc(found, slope, delta) : found === "all" ? acc.lo : acc.hi + 1;
    if (least === undefined || least <= acc.lo || least > acc.hi) return undefined; // the ends say otherwise
    thresholds[k] = least;
  }
  return { lo: acc.lo, hi: acc.hi, first, thresholds };
}

/** The least accumulator whose operand is in the level; undefined where an approximation leaves it open. */
function leastAcc(level: Level, slope: Rational, delta: Rational): number | undefined {
  const at = divide(subtract(level.at, delta), slope);
  if (!level.exact && nearWhole(at)) return undefined;
  return Number(leastWhole({ ...level, at }));
}
