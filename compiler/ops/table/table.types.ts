/** Any function of one code: y = values[x - low]. */
import type { Expression } from "../../arith/expression.js";

/** Real-valued form: `expression` of the dequantized input; absent for the input itself. */
export interface TableGraphAttributes {
  readonly expression?: Expression;
}

export interface TableAttributes {
  readonly low: number;
  readonly values: Int32Array;
}
