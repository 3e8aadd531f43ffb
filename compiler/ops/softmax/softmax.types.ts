/** Softmax over the last axis (SPEC.md, "Softmax"). */
export interface SoftmaxAttributes {
  /** `even`: integer quotient rounded half to even. `tflite`: reciprocal by three Newton steps in Q0.31. */
  readonly kind: "even" | "tflite";
  /** `exponentials[d]`, d = row maximum - x: Q(K) for `even`, Q0.31 for `tflite` (0 where TFLite skips the term). */
  readonly exponentials: Uint32Array;
  /** `even` only: 1 / output scale = levels / 2^levelsShift; the quotient is E * levels / (sum << levelsShift). */
  readonly levels: number;
  readonly levelsShift: number;
  readonly outputZeroPoint: number;
}
