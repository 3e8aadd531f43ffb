/** Elementwise product: y = staircase((a - aZeroPoint) * (b - bZeroPoint)). */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import type { ConstantOperand } from "../second-operand.js";

export interface MulAttributes extends ConstantOperand {
  readonly aZeroPoint: number;
  readonly bZeroPoint: number;
  /** Whether the codes of b are signed, when b is a constant as when it is not. */
  readonly bSigned: boolean;
  /** One staircase for all channels. */
  readonly requantize: RequantizeLayer;
}
