/** Softmax of codes of any width, and LogSoftmax, over the last axis (SPEC.md, "Softmax"). */

/** LogSoftmax gives logarithms of probabilities. */
export interface WideSoftmaxGraphAttributes {
  readonly log: boolean;
}

/** exp(-d*sx) in 2^-30 for d = row maximum - x: (coarse[d >> fineBits] * fine[d mod 2^fineBits]) / 2^30, rounded; 0 from `limit` on. */
export interface Exponentials {
  readonly fine: Uint32Array;
  readonly coarse: Uint32Array;
  readonly fineBits: number;
  readonly limit: number;
}

/** y = RNE(E * levels / (sum << levelsShift)), levels / 2^levelsShift being 1 / sy. */
export interface Quotients {
  readonly levels: number;
  readonly levelsShift: number;
}

/** y = floor((2^(shift-1) - difference * min(d, most) - logarithm * log2(sum / 2^30) * 2^26) / 2^shift). */
export interface Logarithms {
  readonly difference: bigint;
  readonly logarithm: bigint;
  readonly shift: number;
  /** Differences beyond it saturate in any case. */
  readonly most: number;
}

export interface WideSoftmaxAttributes {
  readonly exponentials: Exponentials;
  readonly results: Quotients | Logarithms;
  readonly outputZeroPoint: number;
}
