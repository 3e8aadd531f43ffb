/** Any function of one code, another one in every channel: y = values[channel][x - low]. */
import type { Expression } from "../../arith/expression.js";

/** Real-valued form: `expression` of the dequantized input, with constants per channel (last axis). */
export interface ChannelTableGraphAttributes {
  readonly expression: Expression;
}

export interface ChannelTableAttributes {
  readonly low: number;
  /** [channels][codes of the input's type] */
  readonly values: Int32Array;
}
