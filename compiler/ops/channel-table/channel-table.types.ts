/** Any function of one 8-bit code, another one in every channel: y = values[(channel * 256) + x - low]. */
import type { Expression } from "../../arith/expression.js";

/** Real-valued form: `expression` of the dequantized input, with constants per channel (last axis). */
export interface ChannelTableGraphAttributes {
  readonly expression: Expression;
}

export interface ChannelTableAttributes {
  readonly low: number;
  /** [channels][256] */
  readonly values: Int16Array;
}
