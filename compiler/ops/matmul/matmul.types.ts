/** Products of matrices that are both activations: y = staircase(sum over k of (a[i][k] - aZeroPoint) * (b[k][j] - bZeroPoint)). */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";

/** Real-valued form: a [.., M, K] and b, which is one matrix [K, N] or one [K, N] for each of a's. */
export interface MatMulGraphAttributes {
  /** Positive factor of the product. */
  readonly alpha: number;
}

export interface MatMulAttributes {
  /** Pairs of matrices [rows, inner] and [inner, columns], one after the other in both operands. */
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly aZeroPoint: number;
  readonly bZeroPoint: number;
  /** One staircase for all elements. */
  readonly requantize: RequantizeLayer;
}
