/**
 * Expressions in intervals of doubles that hold the real value: cheap, and enough wherever both ends round to one code (a
 * filter as in Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997). Undefined where an operand of a jump, a
 * quotient or a logarithm is not clear of the place that matters; real-arithmetic evaluation (expression-exact.ts) decides there.
 */
import { type Evaluator, type Expression, evaluateExpression, type FunctionName } from "./expression.js";
import { doubleErf } from "./expression-float32.js";
import { rint } from "./float32.js";

export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

type Maybe = Interval | undefined;

/** Relative errors: sums, products and V8's elementary functions err by at most 2^-52, the series of doubleErf by 2^-44. */
const [arithmeticError, erfError] = [2 ** -50, 2 ** -40];
/** More than what underflow loses. */
const underflow = 1e-290;

/** An interval that holds the real values at all numbers of `x`; undefined where none is certain. */
export function evaluateInterval(expression: Expression, x: Maybe): Maybe {
  return evaluateExpression<Maybe>(expression, x, intervalEvaluator);
}

/** [lo, hi] and the errors of having computed both ends in doubles. */
export function widened(lo: number, hi: number, error = arithmeticError): Maybe {
  const result = { lo: lo - (Math.abs(lo) * error + underflow), hi: hi + (Math.abs(hi) * error + underflow) };
  return Number.isFinite(result.lo) && Number.isFinite(result.hi) ? result : undefined;
}

const point = (value: number): Maybe => (Number.isFinite(value) ? { lo: value, hi: value } : undefined);
const [zero, half, one, two] = [point(0)!, point(0.5)!, point(1)!, point(2)!];
const sixth = widened(1 / 6, 1 / 6)!;
const rootOfTwo = widened(Math.SQRT2, Math.SQRT2)!;
const geluTanhFactor = widened(Math.sqrt(2 / Math.PI), Math.sqrt(2 / Math.PI))!;
const geluTanhCube = widened(0.044715, 0.044715)!;

const negate = ({ lo, hi }: Interval): Interval => ({ lo: -hi, hi: -lo });
const larger = (a: Interval, b: Interval): Interval => ({ lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) });
const smaller = (a: Interval, b: Interval): Interval => ({ lo: Math.min(a.lo, b.lo), hi: Math.min(a.hi, b.hi) });
const add = (a: Maybe, b: Maybe): Maybe => a && b && widened(a.lo + b.lo, a.hi + b.hi);
const subtract = (a: Maybe, b: Maybe): Maybe => add(a, b && negate(b));

function multiply(a: Maybe, b: Maybe): Maybe {
  if (!a || !b) return undefined;
  const products = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi];
  return widened(Math.min(...products), Math.max(...products));
}

function divide(a: Maybe, b: Maybe): Maybe {
  if (!b || (b.lo <= 0 && b.hi >= 0)) return undefined;
  return multiply(a, widened(1 / b.hi, 1 / b.lo));
}

/** A non-decreasing function, where it is finite. */
const monotone = (f: (x: number) => number, x: Maybe, error?: number): Maybe => x && widened(f(x.lo), f(x.hi), error);

/** A function that jumps: known where both ends give the same value. */
function jumping(f: (x: number) => number, x: Maybe): Maybe {
  if (!x) return undefined;
  const value = f(x.lo);
  return value === f(x.hi) ? point(value) : undefined;
}

/** 1 or 0 where a - b is clear of 0. */
const positive = (x: Maybe): boolean | undefined => (x && x.lo > 0 ? true : x && x.hi < 0 ? false : undefined);
const comparison = (a: Maybe, b: Maybe): Maybe => jumping((x) => Number(x > 0), clearOfZero(subtract(a, b)));
const clearOfZero = (x: Maybe): Maybe => (positive(x) === undefined ? undefined : x);

const exponential = (x: Maybe) => monotone(Math.exp, x);
const logarithm = (x: Maybe) => (x && x.lo > 0 ? monotone(Math.log, x) : undefined);
const sigmoid = (x: Maybe) => divide(one, add(one, exponential(x && negate(x))));
const tanh = (x: Maybe) => subtract(multiply(two, sigmoid(multiply(two, x))), one);
const softplus = (x: Maybe) => logarithm(add(one, exponential(x)));
const erf = (x: Maybe) => monotone(doubleErf, x, erfError);
const hardSigmoid = (x: Maybe, alpha: Maybe, beta: Maybe): Maybe => {
  const line = add(multiply(alpha, x), beta);
  return line && larger(zero, smaller(one, line));
};
/** x above zero, f(x) below. */
function belowZero(x: Maybe, f: () => Maybe): Maybe {
  if (!x || (x.lo < 0 && x.hi > 0)) return undefined;
  return x.lo >= 0 ? x : f();
}
const elu = (x: Maybe, factor: Maybe, divisor: Maybe) =>
  belowZero(x, () => multiply(factor, subtract(exponential(divide(x, divisor)), one)));

/** Whole exponents and positive bases. */
function power(x: Maybe, y: Maybe): Maybe {
  if (!x || !y || y.lo !== y.hi) return undefined;
  if (Number.isInteger(y.lo) && y.lo > 0 && y.lo <= 8) {
    let result: Maybe = x;
    for (let i = 1; i < y.lo; i++) result = multiply(result, x);
    return result;
  }
  return exponential(multiply(y, logarithm(x)));
}

const functions: Record<FunctionName, (...operands: Maybe[]) => Maybe> = {
  Abs: (x) => x && (x.lo >= 0 ? x : larger(x, negate(x))),
  Add: add,
  Ceil: (x) => jumping(Math.ceil, x),
  Celu: (x, alpha) => elu(x, alpha, alpha),
  Div: divide,
  Elu: (x, alpha) => elu(x, alpha, one),
  Erf: erf,
  Exp: exponential,
  Floor: (x) => jumping(Math.floor, x),
  Gelu: (x) => multiply(multiply(half, x), add(one, erf(divide(x, rootOfTwo)))),
  GeluTanh(x) {
    const cubic = add(x, multiply(geluTanhCube, multiply(x, multiply(x, x))));
    return multiply(multiply(half, x), add(one, tanh(multiply(geluTanhFactor, cubic))));
  },
  Greater: comparison,
  GreaterOrEqual: comparison,
  HardSigmoid: hardSigmoid,
  HardSwish: (x) => multiply(x, hardSigmoid(x, sixth, half)),
  LeakyRelu: (x, alpha) => belowZero(x, () => multiply(alpha, x)),
  Less: (a, b) => comparison(b, a),
  LessOrEqual: (a, b) => comparison(b, a),
  Log: logarithm,
  Max: (a, b) => a && b && larger(a, b),
  Min: (a, b) => a && b && smaller(a, b),
  Mish: (x) => multiply(x, tanh(softplus(x))),
  Mul: multiply,
  Neg: (x) => x && negate(x),
  Pow: power,
  Reciprocal: (x) => divide(one, x),
  Round: (x) => jumping(rint, x),
  Selu: (x, alpha, gamma) => multiply(gamma, elu(x, alpha, one)),
  Sigmoid: sigmoid,
  Sign: (x) => jumping(Math.sign, clearOfZero(x)),
  Softplus: softplus,
  Softsign: (x) => x && divide(x, add(one, larger(x, negate(x)))),
  Sqrt: (x) => (x && x.lo > 0 ? monotone(Math.sqrt, x) : undefined),
  Sub: subtract,
  Swish: (x, alpha) => multiply(x, sigmoid(multiply(alpha, x))),
  Tanh: tanh,
  ThresholdedRelu(x, alpha) {
    const above = positive(subtract(x, alpha));
    return above === undefined ? undefined : above ? x : zero;
  },
};

const intervalEvaluator: Evaluator<Maybe> = {
  constant: point,
  apply: (name, operands) => functions[name](...operands),
};
