/** The expression form between the parser of the scalar subset and its printers. */
import type { Interval, Operator } from "./interval.js";

export type CompareOperator = "<" | "<=" | ">" | ">=" | "===" | "!==";

/** `at` is "file:line:column" of the source. */
export type Expression = { readonly at: string } & (
  | { readonly kind: "literal"; readonly value: bigint }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "binary"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "choose"; readonly condition: Condition; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: "call"; readonly callee: ScalarFunction; readonly arguments: readonly Expression[] }
  | { readonly kind: "range"; readonly value: Expression; readonly interval: Interval }
);

export type Condition = { readonly at: string } & (
  | {
      readonly kind: "compare";
      readonly operator: CompareOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
);

export type Statement = { readonly at: string } & (
  | {
      readonly kind: "declare";
      readonly name: string;
      readonly constant: boolean;
      /** Undefined: the interval of the value. */
      readonly interval: Interval | undefined;
      readonly value: Expression;
    }
  | { readonly kind: "assign"; readonly name: string; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly condition: Condition;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
    }
  | {
      readonly kind: "for";
      readonly name: string;
      /** Counts from `from` up to `to`, not included. */
      readonly from: bigint;
      readonly to: bigint;
      readonly body: readonly Statement[];
    }
);

export interface Parameter {
  readonly name: string;
  readonly interval: Interval;
}

export interface ScalarFunction {
  readonly name: string;
  readonly at: string;
  readonly documentation: string;
  readonly parameters: readonly Parameter[];
  readonly result: Interval;
  readonly body: readonly Statement[];
  readonly value: Expression;
}

/** What the target languages cannot take, or what cannot be proved; the message starts with the place. */
export class SubsetError extends Error {
  constructor(at: string, message: string) {
    super(`${at}: ${message}`);
    this.name = "SubsetError";
  }
}

/** The name in C and Verilog: `requantPlain` is `qc_requant_plain`. */
export function targetName(name: string): string {
  return `qc_${snakeCase(name)}`;
}

/** `halfDenominator` is `half_denominator`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
