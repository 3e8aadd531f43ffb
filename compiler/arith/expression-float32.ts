/**
 * Expressions as ONNX Runtime computes them: every operator's result is rounded to float32 once. Its polynomials for exp,
 * tanh and erf may be a unit in the last place away, which moves a code only where the value is that close to a tie.
 */
import { type Evaluator, type Expression, evaluateExpression, type FunctionName } from "./expression.js";
import { f32, rint } from "./float32.js";

/** The float32 value at the float32 number `x`; may be infinite or NaN. */
export function evaluateFloat32(expression: Expression, x: number): number {
  return evaluateExpression(expression, x, float32Evaluator);
}

/** The value in double precision: close to the real one, for estimates only. */
export function estimate(expression: Expression, x: number): number {
  return evaluateExpression(expression, x, doubleEvaluator);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const hardSigmoid = (x: number, alpha: number, beta: number) => Math.max(0, Math.min(1, f32(f32(alpha * x) + beta)));

/**
 * erf(x) = 2/sqrt(pi) * e^(-x^2) * sum of 2^n x^(2n+1) / (1*3*..*(2n+1)), all terms of one sign; 1 in double precision from 6 on.
 * The relative error is below 2^-44.
 */
export function doubleErf(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const gelu = (x: number) => 0.5 * x * (1 + doubleErf(x / Math.SQRT2));
const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const functions: Record<FunctionName, (...operands: number[]) => number> = {
  Abs: (x) => Math.abs(x!),
  Add: (a, b) => a! + b!,
  Ceil: (x) => Math.ceil(x!),
  Celu: (x, alpha) => Math.max(0, x!) + Math.min(0, alpha! * Math.expm1(x! / alpha!)),
  Div: (a, b) => a! / b!,
  Elu: (x, alpha) => (x! < 0 ? alpha! * Math.expm1(x!) : x!),
  Erf: (x) => doubleErf(x!),
  Exp: (x) => Math.exp(x!),
  Floor: (x) => Math.floor(x!),
  Gelu: (x) => gelu(x!),
  GeluTanh: (x) => geluTanh(x!),
  Greater: (a, b) => Number(a! > b!),
  GreaterOrEqual: (a, b) => Number(a! >= b!),
  HardSigmoid: (x, alpha, beta) => hardSigmoid(x!, alpha!, beta!),
  HardSwish: (x) => x! * hardSigmoid(x!, f32(1 / 6), 0.5),
  LeakyRelu: (x, alpha) => (x! < 0 ? alpha! * x! : x!),
  Less: (a, b) => Number(a! < b!),
  LessOrEqual: (a, b) => Number(a! <= b!),
  Log: (x) => Math.log(x!),
  Max: (a, b) => Math.max(a!, b!),
  Min: (a, b) => Math.min(a!, b!),
  Mish: (x) => x! * Math.tanh(softplus(x!)),
  Mul: (a, b) => a! * b!,
  Neg: (x) => -x!,
  Pow: (x, y) => x! ** y!,
  Reciprocal: (x) => 1 / x!,
  Round: (x) => (Number.isFinite(x!) ? rint(x!) : x!),
  Selu: (x, alpha, gamma) => gamma! * (x! > 0 ? x! : alpha! * Math.expm1(x!)),
  Sigmoid: (x) => sigmoid(x!),
  Sign: (x) => Math.sign(x!),
  Softplus: (x) => softplus(x!),
  Softsign: (x) => x! / f32(1 + Math.abs(x!)),
  Sqrt: (x) => Math.sqrt(x!),
  Sub: (a, b) => a! - b!,
  Swish: (x, alpha) => x! * f32(sigmoid(f32(alpha! * x!))),
  Tanh: (x) => Math.tanh(x!),
  ThresholdedRelu: (x, alpha) => (x! > alpha! ? x! : 0),
};

const doubleEvaluator: Evaluator<number> = {
  constant: (value) => value,
  apply: (name, operands) => functions[name](...operands),
};

const float32Evaluator: Evaluator<number> = {
  constant: f32,
  apply: (name, operands) => f32(functions[name](...operands)),
};
