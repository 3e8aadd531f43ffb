/** What a comparison that holds, or fails, says about the variables it compares. */
import type { Environment } from "./analyze.js";
import { between, type Interval, intersect } from "./interval.js";
import type { CompareOperator, Condition } from "./ir.js";

const negated: Record<CompareOperator, CompareOperator> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "===": "!==",
  "!==": "===",
};
const mirrored: Record<CompareOperator, CompareOperator> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "===": "===",
  "!==": "!==",
};

/** The environment in which the comparison has the given outcome, or undefined when it cannot have it. */
export function refine(
  { operator, left, right }: Condition & { kind: "compare" },
  leftInterval: Interval,
  rightInterval: Interval,
  environment: Environment,
  outcome: boolean,
): Environment | undefined {
  const holds = outcome ? operator : negated[operator];
  const newLeft = restrict(leftInterval, holds, rightInterval);
  const newRight = restrict(rightInterval, mirrored[holds], leftInterval);
  if (!newLeft || !newRight) return undefined;
  const refined = new Map(environment);
  if (left.kind === "name") refined.set(left.name, newLeft);
  if (right.kind === "name") refined.set(right.name, newRight);
  return refined;
}

/** Values of `value` for which `value operator bound` is possible. */
function restrict(value: Interval, operator: CompareOperator, bound: Interval): Interval | undefined {
  switch (operator) {
    case "<":
      return intersectOrNone(value.low, smaller(value.high, bound.high - 1n));
    case "<=":
      return intersectOrNone(value.low, smaller(value.high, bound.high));
    case ">":
      return intersectOrNone(larger(value.low, bound.low + 1n), value.high);
    case ">=":
      return intersectOrNone(larger(value.low, bound.low), value.high);
    case "===":
      return intersect(value, bound);
    case "!==": {
      if (bound.low !== bound.high) return value;
      const low = value.low === bound.low ? value.low + 1n : value.low;
      return intersectOrNone(low, value.high === bound.low ? value.high - 1n : value.high);
    }
  }
}

const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const intersectOrNone = (low: bigint, high: bigint) => (low <= high ? between(low, high) : undefined);
