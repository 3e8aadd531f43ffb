/** Integer matrix product over the last axis: y[.., o] = staircase(bias[o] + sum over i of (x[.., i] - inputZeroPoint) * w[o][i]). */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import type { Weights } from "../weights.js";

export interface DenseAttributes {
  readonly inputZeroPoint: number;
  /** [outputs][inputs]. */
  readonly weights: Weights;
  /** int32, one per output. */
  readonly bias: Int32Array;
  readonly requantize: RequantizeLayer;
  /** By two-lane products on cores that have a kernel for them; results are the same. */
  readonly lanes?: boolean;
  /** Whether codes are read straight from the input where kernels widen them first; results are the same. */
  readonly direct?: boolean;
}
