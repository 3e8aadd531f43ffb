/**
 * Expressions in real arithmetic: rationals wherever the operators are rational, approximations to `bits` bits elsewhere.
 * A denominator of 0 stands for an infinity, or for NaN where the numerator is 0 too; the usual formulas then give the usual
 * results (1/0 infinite, 0*infinity NaN).
 */
import { type Evaluator, type Expression, type FunctionName, isPerChannel, operandsOf } from "./expression.js";
import { floorDivide, fromFloat, type Rational, rational, roundHalfEven } from "./rational.js";
import { type Approximation, erf, exp, log, pi, sqrt } from "./real-math.js";

export interface Real extends Rational {
  /** False when the value is an approximation. */
  readonly exact: boolean;
  /** Set when an approximation came too close to a jump (of Floor, Sign, a comparison) to tell its side. */
  readonly doubtful?: boolean;
}

/** The expression as a function with errors of about 2^-bits, its constant parts computed once: for many values of one function. */
export function realFunction(expression: Expression, bits: number): (x: Rational) => Real {
  const doubt = { found: false };
  const compiled = compileExpression(expression, realEvaluator(bits, doubt));
  if (typeof compiled !== "function") return () => ({ ...compiled, doubtful: doubt.found });
  const constantDoubt = doubt.found;
  return (x) => {
    doubt.found = constantDoubt;
    const value = compiled({ ...x, exact: true });
    return doubt.found ? { ...value, doubtful: true } : value;
  };
}

function compileExpression(expression: Expression, evaluator: Evaluator<Real>): Real | ((x: Real) => Real) {
  if (expression === "x") return (x) => x;
  if (typeof expression === "number") return evaluator.constant(expression);
  if (isPerChannel(expression)) throw new RangeError("an expression with per-channel constants has no single value");
  const [name] = expression;
  const operands = operandsOf(expression).map((operand) => compileExpression(operand, evaluator));
  const at = (x: Real) => operands.map((operand) => (typeof operand === "function" ? operand(x) : operand));
  return operands.some((operand) => typeof operand === "function")
    ? (x) => evaluator.apply(name, at(x))
    : evaluator.apply(name, operands as Real[]);
}

const make = (numerator: bigint, denominator: bigint, exact: boolean): Real => ({
  ...rational(numerator, denominator),
  exact,
});
const whole = (value: number | bigint): Real => make(BigInt(value), 1n, true);
const [zero, one, two] = [whole(0), whole(1), whole(2)];
const infinity = make(1n, 0n, true);
const isNan = ({ numerator, denominator }: Real) => numerator === 0n && denominator === 0n;
const isInfinite = ({ numerator, denominator }: Real) => denominator === 0n && numerator !== 0n;
const nan = make(0n, 0n, true);

function negate({ numerator, denominator, exact }: Real): Real {
  return make(-numerator, denominator, exact);
}

function add(a: Real, b: Real): Real {
  const exact = a.exact && b.exact;
  if (isInfinite(a) && isInfinite(b)) return a.numerator > 0n === b.numerator > 0n ? a : nan;
  return make(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator, exact);
}

/** A factor that is exactly zero makes the product exactly zero. */
function multiply(a: Real, b: Real): Real {
  const numerator = a.numerator * b.numerator;
  const exactZero = numerator === 0n && ((a.numerator === 0n && a.exact) || (b.numerator === 0n && b.exact));
  return make(numerator, a.denominator * b.denominator, exactZero || (a.exact && b.exact));
}

const divide = (a: Real, b: Real) => multiply(a, make(b.denominator, b.numerator, b.exact));
const subtract = (a: Real, b: Real) => add(a, negate(b));

/** -1, 0 or 1; meaningless for NaN. */
function compare(a: Real, b: Real): number {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

const larger = (a: Real, b: Real) => (isNan(a) || (!isNan(b) && compare(a, b) >= 0) ? a : b);
const smaller = (a: Real, b: Real) => (isNan(a) || (!isNan(b) && compare(a, b) <= 0) ? a : b);

function realEvaluator(bits: number, doubt: { found: boolean }): Evaluator<Real> {
  /** Notes a jump at 0 of an approximated value that is within 2^(-bits/2) of it. */
  function jumpAtZero(x: Real): void {
    const { numerator, denominator, exact } = x;
    if (!exact && (numerator < 0n ? -numerator : numerator) << BigInt(bits / 2) < denominator) doubt.found = true;
  }
  /** 1 or 0; 0 with NaN, as everywhere. */
  function comparison(a: Real, b: Real, holds: (order: number) => boolean): Real {
    if (isNan(a) || isNan(b)) return zero;
    jumpAtZero(subtract(a, b));
    return holds(compare(a, b)) ? one : zero;
  }
  const approximate = ({ value, exact }: Approximation, from: Real): Real =>
    make(value.numerator, value.denominator, exact && from.exact);

  function exponential(x: Real): Real {
    if (isNan(x)) return nan;
    const result = isInfinite(x) ? undefined : exp(x, bits);
    if (result) return approximate(result, x);
    // Far beyond every code and scale; the sign of the exponent is all that is left.
    return x.numerator > 0n ? { ...infinity, exact: false } : { ...zero, exact: false };
  }
  function logarithm(x: Real): Real {
    if (isNan(x) || compare(x, zero) < 0) return nan;
    if (isInfinite(x)) return x;
    return x.numerator === 0n ? negate(infinity) : approximate(log(x, bits), x);
  }
  function root(x: Real): Real {
    if (isNan(x) || compare(x, zero) < 0) return nan;
    return isInfinite(x) ? x : approximate(sqrt(x, bits), x);
  }
  function errorFunction(x: Real): Real {
    if (isNan(x)) return nan;
    return isInfinite(x) ? whole(x.numerator) : approximate(erf(x, bits), x);
  }
  /** 1 + e^x; without forming the power where it is smaller than the errors: its fraction would have |x| bits. */
  const onePlusExponential = (x: Real): Real =>
    compare(x, whole(-bits)) < 0 ? { ...one, exact: false } : add(one, exponential(x));
  const sigmoid = (x: Real) => divide(one, onePlusExponential(negate(x)));
  const softplus = (x: Real) => logarithm(onePlusExponential(x));
  /** tanh(x) = 2*sigmoid(2x) - 1 */
  const tanh = (x: Real) => subtract(multiply(two, sigmoid(multiply(two, x))), one);
  /** a * (e^(x/a') - 1) below zero, x above. */
  const elu = (x: Real, factor: Real, divisor: Real) =>
    compare(x, zero) >= 0 || isNan(x) ? x : multiply(factor, subtract(exponential(divide(x, divisor)), one));
  const hardSigmoid = (x: Real, alpha: Real, beta: Real) => larger(zero, smaller(one, add(multiply(alpha, x), beta)));
  const half = (x: Real) => divide(x, two);

  /** f jumps where x + offset is an integer. */
  function integer(x: Real, offset: Real, f: (x: Rational) => bigint): Real {
    if (x.denominator === 0n) return x;
    const shifted = add(x, offset);
    jumpAtZero(subtract(shifted, whole(roundHalfEven(shifted))));
    return whole(f(x));
  }

  function power(x: Real, y: Real): Real {
    const exponent = Number(y.numerator) / Number(y.denominator);
    if (y.numerator === 0n && y.denominator !== 0n) return one;
    if (isNan(x) || y.denominator === 0n) return nan;
    if (Number.isInteger(exponent) && Math.abs(exponent) <= 64) {
      const e = BigInt(Math.abs(exponent));
      const result = make(x.numerator ** e, x.denominator ** e, x.exact);
      return exponent < 0 ? divide(one, result) : result;
    }
    if (exponent === 0.5) return root(x);
    if (x.numerator === 0n) return exponent > 0 ? zero : infinity;
    if (!Number.isInteger(exponent)) return exponential(multiply(y, logarithm(x)));
    const magnitude = exponential(multiply(y, logarithm(larger(x, negate(x)))));
    return exponent % 2 !== 0 && x.numerator < 0n ? negate(magnitude) : magnitude;
  }

  const functions: Record<FunctionName, (...operands: Real[]) => Real> = {
    Abs: (x) => larger(x!, negate(x!)),
    Add: (a, b) => add(a!, b!),
    Ceil: (x) => integer(x!, zero, ({ numerator, denominator }) => -floorDivide(-numerator, denominator)),
    Celu: (x, alpha) => elu(x!, alpha!, alpha!),
    Div: (a, b) => divide(a!, b!),
    Elu: (x, alpha) => elu(x!, alpha!, one),
    Erf: (x) => errorFunction(x!),
    Exp: (x) => exponential(x!),
    Floor: (x) => integer(x!, zero, ({ numerator, denominator }) => floorDivide(numerator, denominator)),
    Gelu: (x) => multiply(half(x!), add(one, errorFunction(divide(x!, root(two))))),
    GeluTanh(x) {
      const factor = root(divide(two, { ...pi(bits), exact: false }));
      const cubic = add(x!, multiply(make(44715n, 1000000n, true), multiply(x!, multiply(x!, x!))));
      return multiply(half(x!), add(one, tanh(multiply(factor, cubic))));
    },
    Greater: (a, b) => comparison(a!, b!, (order) => order > 0),
    GreaterOrEqual: (a, b) => comparison(a!, b!, (order) => order >= 0),
    HardSigmoid: (x, alpha, beta) => hardSigmoid(x!, alpha!, beta!),
    HardSwish: (x) => multiply(x!, hardSigmoid(x!, make(1n, 6n, true), half(one))),
    LeakyRelu: (x, alpha) => (compare(x!, zero) < 0 ? multiply(alpha!, x!) : x!),
    Less: (a, b) => comparison(a!, b!, (order) => order < 0),
    LessOrEqual: (a, b) => comparison(a!, b!, (order) => order <= 0),
    Log: (x) => logarithm(x!),
    Max: (a, b) => larger(a!, b!),
    Min: (a, b) => smaller(a!, b!),
    Mish: (x) => multiply(x!, tanh(softplus(x!))),
    Mul: (a, b) => multiply(a!, b!),
    Neg: (x) => negate(x!),
    Pow: (x, y) => power(x!, y!),
    Reciprocal: (x) => divide(one, x!),
    Round: (x) => integer(x!, half(one), roundHalfEven),
    Selu: (x, alpha, gamma) => multiply(gamma!, elu(x!, alpha!, one)),
    Sigmoid: (x) => sigmoid(x!),
    Sign(x) {
      if (isNan(x!)) return nan;
      jumpAtZero(x!);
      return whole(compare(x!, zero));
    },
    Softplus: (x) => softplus(x!),
    Softsign: (x) => divide(x!, add(one, larger(x!, negate(x!)))),
    Sqrt: (x) => root(x!),
    Sub: (a, b) => subtract(a!, b!),
    Swish: (x, alpha) => multiply(x!, sigmoid(multiply(alpha!, x!))),
    Tanh: (x) => tanh(x!),
    ThresholdedRelu: (x, alpha) => (comparison(x!, alpha!, (order) => order > 0) === one ? x! : zero),
  };
  return {
    constant: constantOf,
    apply: (name, operands) => functions[name](...operands),
  };
}

function constantOf(value: number): Real {
  if (Number.isNaN(value)) return nan;
  if (!Number.isFinite(value)) return value > 0 ? infinity : negate(infinity);
  const { numerator, denominator } = fromFloat(value);
  return make(numerator, denominator, true);
}
