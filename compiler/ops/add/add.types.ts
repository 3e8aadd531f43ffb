/** Elementwise function of two 8-bit operands, defined by its complete table. */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import type { Range } from "../../ir/types.js";
import type { ConstantOperand } from "../second-operand.js";

/** Real-valued form: a + b, or with the operand named by `subtract` taken off the other. */
export interface AddGraphAttributes {
  readonly subtract?: "first" | "second";
}

/** y = clamp((a*ma + b*mb + c) >> shift); the sum fits int32 for all codes. */
export interface AddLinear {
  readonly ma: number;
  readonly mb: number;
  readonly c: number;
  readonly shift: number;
}

/** y = staircase(a[code - aLow] + b[code - bLow]). */
export interface AddSum {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly requantize: RequantizeLayer;
}

export interface AddAttributes extends ConstantOperand {
  /** Smallest code of each operand's type: row and column 0 of the table. */
  readonly aLow: number;
  readonly bLow: number;
  /** Output codes: `values[(a - aLow) * 256 + (b - bLow)]`. */
  readonly values: Int32Array;
  /** The certified linear form; undefined when none exists. */
  readonly linear?: AddLinear | undefined;
  /** The general certified form, present when `linear` is not. */
  readonly tables?: AddSum | undefined;
  readonly clamp: Range;
}
