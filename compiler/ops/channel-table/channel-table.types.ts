/** Any function of one code of n bits, another one in every channel: y = values[(channel * 2^n) + x - low]. */
import type { Expression } from "../../arith/expression.js";

/** Real-valued form: `expression` of the dequantized input, with constants per channel (last axis). */
export interface ChannelTableGraphAttributes {
  readonly expression: Expression;
}

export interface ChannelTableAttributes {
  readonly low: number;
  /** [channels][2^n] */
  readonly values: Int16Array;
}
