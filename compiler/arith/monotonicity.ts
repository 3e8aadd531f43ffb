/** How expressions depend on x, and which values they take: proved from their structure. */
import { type Expression, type FunctionName, operandsOf, printExpression } from "./expression.js";
import { estimate } from "./expression-float32.js";

export type Monotonicity = "constant" | "increasing" | "decreasing" | "unknown";

/** Functions that never decrease in their first operand while their parameters are not negative. */
const increasing: ReadonlySet<FunctionName> = new Set([
  "Ceil",
  "Celu",
  "Elu",
  "Erf",
  "Exp",
  "Floor",
  "LeakyRelu",
  "Log",
  "Round",
  "Selu",
  "Sigmoid",
  "Sign",
  "Softplus",
  "Softsign",
  "Sqrt",
  "Tanh",
  "ThresholdedRelu",
]);

type Rule = (operands: readonly Monotonicity[], expressions: readonly Expression[]) => Monotonicity;

const sum: Rule = ([a, b]) => joint(a!, b!);
const difference: Rule = ([a, b]) => joint(a!, opposite(b!));
const quotient: Rule = ([a, b], [, divisor]) => (b === "constant" ? scaled(a!, signOf(divisor!)) : "unknown");
const product: Rule = ([a, b], [first, second]) => {
  if (a === "constant") return scaled(b!, signOf(first!));
  return b === "constant" ? scaled(a!, signOf(second!)) : "unknown";
};

const rules: Partial<Record<FunctionName, Rule>> = {
  Add: sum,
  Div: quotient,
  Greater: difference,
  GreaterOrEqual: difference,
  // The second parameter is an offset of any sign.
  HardSigmoid: ([x], [, slope]) => (signOf(slope!) >= 0 ? x! : "unknown"),
  Less: ([a, b]) => joint(opposite(a!), b!),
  LessOrEqual: ([a, b]) => joint(opposite(a!), b!),
  Max: sum,
  Min: sum,
  Mul: product,
  Neg: ([x]) => opposite(x!),
  Sub: difference,
};

/** Whether an expression without per-channel constants never decreases, or never increases, in x. */
export function monotonicity(expression: Expression): Monotonicity {
  if (expression === "x") return "increasing";
  if (typeof expression !== "object" || "perChannel" in expression) return "constant";
  const [name] = expression;
  const expressions = operandsOf(expression);
  const operands = expressions.map(monotonicity);
  if (operands.every((operand) => operand === "constant")) return "constant";
  const rule = rules[name];
  if (rule) return rule(operands, expressions);
  const parameters = expressions
    .slice(1)
    .map((parameter, i) => operands[i + 1] === "constant" && signOf(parameter) >= 0);
  return increasing.has(name) && parameters.every(Boolean) ? operands[0]! : "unknown";
}

/** Whether an expression is x with constants added and positive ones multiplied: equal values stay the only equal ones. */
export function risesStrictly(expression: Expression): boolean {
  if (expression === "x") return true;
  if (typeof expression !== "object" || "perChannel" in expression) return false;
  const [name] = expression;
  const operands = operandsOf(expression);
  const steps: readonly FunctionName[] = ["Add", "Sub", "Mul", "Div"];
  const parts = operands.filter((operand) => monotonicity(operand) !== "constant");
  return (
    steps.includes(name) && parts.length === 1 && monotonicity(expression) === "increasing" && risesStrictly(parts[0]!)
  );
}

function joint(a: Monotonicity, b: Monotonicity): Monotonicity {
  if (a === "constant" || a === b) return b;
  return b === "constant" ? a : "unknown";
}

function opposite(a: Monotonicity): Monotonicity {
  return a === "increasing" ? "decreasing" : a === "decreasing" ? "increasing" : a;
}

function scaled(a: Monotonicity, sign: number): Monotonicity {
  return sign === 0 ? "constant" : sign > 0 ? a : opposite(a);
}

/** The sign of a constant expression. */
function signOf(expression: Expression): number {
  const value = estimate(expression, 0);
  if (Number.isNaN(value)) throw new RangeError(`${printExpression(expression)} is not a number`);
  return Math.sign(value);
}
