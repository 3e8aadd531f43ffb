/** reshape keeps the element order: a wire. */
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";

export const verilog: VerilogLowering = {
  foldings: () => [{ pe: 1, simd: 1, cycles: 0 }],
  stage: () => undefined,
};
