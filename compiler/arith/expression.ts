/** Real functions of one quantized value: ONNX operators and constants between a DequantizeLinear and a QuantizeLinear. */

/** Operators by their ONNX names; further operands of functions such as LeakyRelu are their parameters. Comparisons give 1 or 0. */
export type FunctionName =
  | "Abs"
  | "Add"
  | "Ceil"
  | "Celu"
  | "Div"
  | "Elu"
  | "Erf"
  | "Exp"
  | "Floor"
  | "Gelu"
  | "GeluTanh"
  | "Greater"
  | "GreaterOrEqual"
  | "HardSigmoid"
  | "HardSwish"
  | "LeakyRelu"
  | "Less"
  | "LessOrEqual"
  | "Log"
  | "Max"
  | "Min"
  | "Mish"
  | "Mul"
  | "Neg"
  | "Pow"
  | "Reciprocal"
  | "Round"
  | "Selu"
  | "Sigmoid"
  | "Sign"
  | "Softplus"
  | "Softsign"
  | "Sqrt"
  | "Sub"
  | "Swish"
  | "Tanh"
  | "ThresholdedRelu";

/** A constant that differs from channel to channel (last axis). */
export interface PerChannel {
  readonly perChannel: readonly number[];
}

/** `"x"` is the dequantized input, a number a constant, a list an operator applied to expressions. */
export type Expression = "x" | number | PerChannel | readonly [name: FunctionName, ...operands: Expression[]];

/** Whether the expression is a constant that differs from channel to channel. */
export function isPerChannel(expression: Expression): expression is PerChannel {
  return typeof expression === "object" && "perChannel" in expression;
}

/** Whether some constant differs from channel to channel. */
export function dependsOnChannel(expression: Expression): boolean {
  if (typeof expression !== "object") return false;
  return isPerChannel(expression) || operandsOf(expression).some(dependsOnChannel);
}

/** The expression of one channel. */
export function ofChannel(expression: Expression, channel: number): Expression {
  if (typeof expression !== "object") return expression;
  if (isPerChannel(expression)) return expression.perChannel[channel]!;
  const [name] = expression;
  return [name, ...operandsOf(expression).map((operand) => ofChannel(operand, channel))];
}

/** As text, such as `Mul(x, Sigmoid(x))`. */
export function printExpression(expression: Expression): string {
  if (typeof expression !== "object") return `${expression}`;
  if (isPerChannel(expression)) return `[${expression.perChannel.length}]`;
  return `${expression[0]}(${operandsOf(expression).map(printExpression).join(", ")})`;
}

/** How an evaluator computes: its numbers, and each operator on them. */
export interface Evaluator<Value> {
  constant(value: number): Value;
  apply(name: FunctionName, operands: readonly Value[]): Value;
}

/** The value of an expression without per-channel constants at `x`. */
export function evaluateExpression<Value>(expression: Expression, x: Value, evaluator: Evaluator<Value>): Value {
  if (expression === "x") return x;
  if (typeof expression === "number") return evaluator.constant(expression);
  if (isPerChannel(expression)) throw new RangeError("an expression with per-channel constants has no single value");
  const operands = operandsOf(expression).map((operand) => evaluateExpression(operand, x, evaluator));
  return evaluator.apply(expression[0], operands);
}

/** What an operator is applied to. */
export function operandsOf(expression: Exclude<Expression, string | number | PerChannel>): readonly Expression[] {
  return expression.slice(1) as unknown as readonly Expression[];
}
