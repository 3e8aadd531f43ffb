/** Linear interpolation between pixels, channels last: y = staircase of the weighted sum of up to four codes. */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";

/** Output position i lies between input positions lows[i] and lows[i] + 1, weights[i] / denominator of the way. */
export interface Interpolation {
  readonly lows: readonly number[];
  /** From 0 to denominator - 1; 0 wherever there is no next input position. */
  readonly weights: readonly number[];
  readonly denominator: number;
}

export interface ResizeLinearGraphAttributes {
  readonly rows: Interpolation;
  readonly columns: Interpolation;
}

export interface ResizeLinearAttributes extends ResizeLinearGraphAttributes {
  /** Of the sum of codes times weights, which add up to the product of both denominators. */
  readonly requantize: RequantizeLayer;
}
