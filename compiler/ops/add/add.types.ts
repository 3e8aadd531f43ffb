/** Elementwise function of two 8-bit operands, defined by its complete table. */
export interface AddAttributes {
  /** Smallest code of each operand's type: row and column 0 of the table. */
  readonly aLow: number;
  readonly bLow: number;
  /** Output codes: `values[(a - aLow) * 256 + (b - bLow)]`. */
  readonly values: Int16Array;
  /** The certified linear form y = clamp((a*ma + b*mb + c) >> shift); undefined when none exists. */
  readonly linear?: { readonly ma: number; readonly mb: number; readonly c: number; readonly shift: number } | undefined;
  /** The general certified form y = staircase(tableA[a - aLow] + tableB[b - bLow]) when `linear` is undefined. */
  readonly tables?: {
    readonly a: Int32Array;
    readonly b: Int32Array;
    readonly requantize: import("../../arith/requantize-layer.js").RequantizeLayer;
  } | undefined;
  readonly clamp: import("../../ir/types.js").Range;
}
