/** Larger or smaller of two operands: y = max or min of a[x - aLow] and b[z - bLow]. */
import type { ConstantOperand } from "../second-operand.js";

export interface ExtremumGraphAttributes {
  readonly kind: "max" | "min";
}

export interface ExtremumAttributes extends ConstantOperand {
  readonly kind: "max" | "min";
  readonly aLow: number;
  readonly bLow: number;
  /** Output codes of each operand alone. */
  readonly a: Int32Array;
  readonly b: Int32Array;
}
