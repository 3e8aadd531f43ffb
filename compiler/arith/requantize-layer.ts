/** A layer's requantization: one staircase per output channel, from int32 accumulators to output codes. */
import type { Range } from "../ir/types.js";
import type { Staircase } from "./staircase.js";

export interface RequantizeLayer {
  /** One per output channel, or a single one shared by all. */
  readonly channels: readonly Staircase[];
  /** Zero point of the output; rounding parity is that of `code - zeroPoint`. */
  readonly zeroPoint: number;
  /** Codes the output saturates at: the type's range, tightened by a fused Relu or Clip. */
  readonly clamp: Range;
}
