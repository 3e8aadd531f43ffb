/** Any function of one code. */
import type { Expression } from "../../arith/expression.js";
import type { RequantizeLayer } from "../../arith/requantize-layer.js";

/** Real-valued form: `expression` of the dequantized input; absent for the input itself. */
export interface TableGraphAttributes {
  readonly expression?: Expression;
}

/** y = values[x - low] */
export interface TableValues {
  readonly low: number;
  readonly values: Int32Array;
  readonly requantize?: undefined;
}

/** y = the staircase at x; for codes of more than 8 bits. */
export interface TableSteps {
  readonly requantize: RequantizeLayer;
}

export type TableAttributes = TableValues | TableSteps;
