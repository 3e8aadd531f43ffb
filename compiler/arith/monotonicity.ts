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
  "HardSigmoid",
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

/** Whether an expression without per-channel constants never decreases, or never increases, in x. */
export function monotonicity(expression: Expression): Monotonicity {
  if (expression === "x") return "increasing";
  if (typeof expression !== "object" || "perChannel" in expression) return "constant";
  const [name] = expression;
  const operands = operandsOf(expression);
  const [first, second] = operands.map(monotonicity) as [Monotonicity, Monotonicity?];
  if (operands.every((operand) => monotonicity(operand) === "constant")) return "constant";
  switch (name) {
    case "Add":
    case "Max":
    case "Min":
      return joint(first, second!);
    case "Sub":
      return joint(first, opposite(second!));
    case "Greater":
    case "GreaterOrEqual":
      return joint(first, opposite(second!));
    case "Less":
    case "LessOrEqual":
      return joint(opposite(first), second!);
    case "Neg":
      return opposite(first);
    case "Mul":
      if (first === "constant") return scaled(second!, signOf(operands[0]!));
      return second === "constant" ? scaled(first, signOf(operands[1]!)) : "unknown";
    case "Div":
      return second === "constant" ? scaled(first, signOf(operands[1]!)) : "unknown";
    default: {
      const parameters = operands.slice(1);
      const fixed = parameters.every((operand) => monotonicity(operand) === "constant" && signOf(operand) >= 0);
      // HardSigmoid's second parameter is an offset of any sign.
      const offset = name === "HardSigmoid" && signOf(parameters[0]!) >= 0;
      return increasing.has(name) && (fixed || offset) ? first : "unknown";
    }
  }
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
