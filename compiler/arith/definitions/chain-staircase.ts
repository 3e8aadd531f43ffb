/**
 * Staircases of chains: constants added, multiplied, bounds, and at most one Floor, Ceil or Round in between. Their thresholds
 * need one division each, where the general way searches.
 */
import type { Range } from "../../ir/types.js";
import type { Expression, FunctionName } from "../expression.js";
import { type Real, realFunction } from "../expression-exact.js";
import { estimate } from "../expression-float32.js";
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

type Wrap = (inner: Expression) => Expression;

/** The parts of a chain, from the value inwards. */
interface Chain {
  /** What stands outside the rounding, and inside it; the rounding is undefined where there is none. */
  readonly outer: Wrap;
  readonly rounding: FunctionName | undefined;
  readonly inner: Wrap;
  /** The expression with a bound's constant in place of what it bounds. */
  readonly bounds: readonly { readonly side: "least" | "most"; readonly at: Expression }[];
}

const bits = 256;
const identity: Wrap = (inner) => inner;
const isConstant = (expression: Expression) => monotonicity(expression) === "constant";

/** Takes an expression apart; undefined when it is no chain, or when something in it decreases. */
function chainOf(expression: Expression): Chain | undefined {
  let outer = identity;
  let inner = identity;
  let rounding: FunctionName | undefined;
  // Behind a step that decreases only further steps may follow: their line as a whole must rise.
  let turned = false;
  const bounds: { side: "least" | "most"; at: Expression }[] = [];
  const whole: Wrap = (part) => (rounding ? outer([rounding, inner(part)]) : inner(part));
  const wrap = (step: Wrap) => {
    const before = inner;
    inner = (part) => before(step(part));
  };
  for (let current = expression; current !== "x"; ) {
    if (typeof current !== "object" || "perChannel" in current) return undefined;
    const [name, first, second] = current as readonly [FunctionName, Expression, Expression?];
    if (roundings[name]) {
      if (rounding || turned) return undefined;
      [outer, inner, rounding] = [inner, identity, name];
      current = first;
      continue;
    }
    if (second === undefined || isConstant(first) === isConstant(second)) return undefined;
    const [part, constant] = isConstant(first) ? [second, first] : [first, second];
    const bound = boundSides[name];
    if (bound) {
      if (turned) return undefined;
      bounds.push({ side: bound, at: whole(constant) });
    } else {
      const sense = stepsOf[name]?.(estimate(constant, 0), part === first) ?? 0;
      if (sense === 0) return undefined;
      turned ||= sense < 0;
      wrap(part === first ? (x) => [name, x, constant] : (x) => [name, constant, x]);
    }
    current = part;
  }
  return { outer: rounding ? outer : identity, rounding, inner, bounds };
}

const boundSides: Partial<Record<FunctionName, "least" | "most">> = { Max: "least", Min: "most" };

/** Whether a step with such a constant, on its right or left side, rises (1), falls (-1), or is none (0). */
const stepsOf: Partial<Record<FunctionName, (constant: number, right: boolean) => number>> = {
  Add: () => 1,
  Div: (constant, right) => (right ? Math.sign(constant) : 0),
  Mul: (constant) => Math.sign(constant),
  Sub: (_, right) => (right ? 1 : -1),
};

/** a*x + b of an affine function, as reals. */
function lineOf(wrap: Wrap): { slope: Real; offset: Real } {
  const at = realFunction(wrap("x"), bits);
  const [zero, one] = [at(rational(0n)), at(rational(1n))];
  return { slope: { ...subtract(one, zero), exact: one.exact && zero.exact }, offset: zero };
}

/**
 * The staircase of the chain at x = slope*acc + delta; undefined when the expression is no chain, when its rounded values are
 * no whole codes, or when an approximated constant leaves a threshold in doubt. `rounded` gives the code of a real x.
 */
export function chainStaircase(
  expression: Expression,
  { slope, delta }: { readonly slope: Rational; readonly delta: Rational },
  output: Affine,
  clamp: Range,
  acc: Range,
  rounded: (expression: Expression) => (x: Rational) => number | undefined,
): Staircase | undefined {
  const chain = chainOf(expression);
  if (!chain) return undefined;
  let { lo, hi } = clamp;
  // A bound inside a non-decreasing function bounds its code: F(max(u, c)) = max(F(u), F(c)).
  for (const { side, at } of chain.bounds) {
    const code = rounded(at)(rational(0n));
    if (code === undefined) return undefined;
    const into = Math.min(Math.max(code, lo), hi);
    if (side === "least") lo = into;
    else hi = into;
  }
  const levels = levelsOf(chain, output);
  if (!levels) return undefined;
  // value(acc) = a*acc + b, in units of what is rounded.
  const line = lineOf(chain.inner);
  const a = multiply(multiply(line.slope, slope), levels.unit);
  const b = multiply(add(multiply(line.slope, delta), line.offset), levels.unit);
  if (a.numerator <= 0n) return undefined;
  const exact = line.slope.exact && line.offset.exact;
  const code = (at: number) => {
    const value = levels.codeOf(add(multiply(a, rational(BigInt(at))), b)) + output.zeroPoint;
    return Math.min(Math.max(value, lo), hi);
  };
  const first = code(acc.lo);
  const last = code(acc.hi);
  requireSteps(last - first);
  const thresholds = new Int32Array(last - first);
  for (let k = 0; k < thresholds.length; k++) {
    const { least, strict } = levels.levelOf(BigInt(first + k + 1 - output.zeroPoint));
    // Smallest acc with a*acc + b >= least, or > where the level itself does not count.
    const bound = divide(subtract(least, b), a);
    let threshold = ceilDivide(bound.numerator, bound.denominator);
    const distance = subtract(rational(threshold), bound);
    if (!exact && nearWhole(distance)) return undefined;
    if (strict && distance.numerator === 0n) threshold += 1n;
    thresholds[k] = Number(threshold);
  }
  return { lo: acc.lo, hi: acc.hi, first, thresholds };
}

/** Whether a distance in [0, 1) is within 2^(-bits/2) of either end. */
function nearWhole({ numerator, denominator }: Rational): boolean {
  const scaled = numerator << BigInt(bits / 2);
  return scaled < denominator || (denominator - numerator) << BigInt(bits / 2) < denominator;
}

interface Levels {
  /** Factor from the inner line's value to the numbers that are rounded. */
  readonly unit: Rational;
  /** Code, less the zero point, of such a number. */
  codeOf(value: Rational): number;
  /** The least number whose code is at least `code`. */
  levelOf(code: bigint): { readonly least: Rational; readonly strict: boolean };
}

const half = rational(1n, 2n);

interface Rounding {
  round(value: Rational): bigint;
  /** The least number that is rounded to `whole` or more. */
  levelOf(whole: bigint): { readonly least: Rational; readonly strict: boolean };
}

const halfEven: Rounding = {
  round(value) {
    const shifted = add(value, half);
    const floor = floorDivide(shifted.numerator, shifted.denominator);
    const tie = floor * shifted.denominator === shifted.numerator;
    return tie && (floor & 1n) === 1n ? floor - 1n : floor;
  },
  levelOf: (whole) => ({ least: subtract(rational(whole), half), strict: (whole & 1n) === 1n }),
};

const roundings: Partial<Record<FunctionName, Rounding>> = {
  Ceil: {
    round: ({ numerator, denominator }) => ceilDivide(numerator, denominator),
    levelOf: (whole) => ({ least: rational(whole - 1n), strict: true }),
  },
  Floor: {
    round: ({ numerator, denominator }) => floorDivide(numerator, denominator),
    levelOf: (whole) => ({ least: rational(whole), strict: false }),
  },
  Round: halfEven,
};

/** How rounded numbers become codes; undefined when the outer part does not map whole numbers to whole codes. */
function levelsOf({ outer, rounding }: Chain, output: Affine): Levels | undefined {
  const scale = fromFloat(output.scale);
  if (!rounding) {
    const { round, levelOf } = halfEven;
    return { unit: divide(rational(1n), scale), codeOf: (value) => Number(round(value)), levelOf };
  }
  const { slope, offset } = lineOf(outer);
  const [step, shift] = [divide(slope, scale), divide(offset, scale)];
  const whole = ({ numerator, denominator }: Rational) => numerator % denominator === 0n;
  if (!slope.exact || !offset.exact || !whole(step) || !whole(shift) || step.numerator <= 0n) return undefined;
  const [p, q] = [step.numerator / step.denominator, shift.numerator / shift.denominator];
  const { round, levelOf } = roundings[rounding]!;
  return {
    unit: rational(1n),
    codeOf: (value) => Number(round(value) * p + q),
    levelOf: (code) => levelOf(ceilDivide(code - q, p)),
  };
}
