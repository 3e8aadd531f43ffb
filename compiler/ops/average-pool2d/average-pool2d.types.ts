/** Average pooling, channels last: y = staircase of the sum of the input codes under the window. */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import type { Window } from "../conv2d/conv2d.types.js";

export interface AveragePool2dAttributes extends Window {
  /** Value that padded taps contribute when `includePad`; otherwise padded taps are not counted. */
  readonly padValue: number;
  readonly includePad: boolean;
  /** One single-channel layer per number of counted taps, ascending; one entry unless padding is excluded. */
  readonly byCount: readonly { readonly count: number; readonly requantize: RequantizeLayer }[];
}
