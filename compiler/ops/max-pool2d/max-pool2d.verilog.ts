/** max-pool2d as a qc_pool2d stage. */
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { poolFoldings, poolStage } from "../../../targets/verilog/pool.js";
import type { MaxPool2dAttributes } from "./max-pool2d.types.js";

export const verilog: VerilogLowering<MaxPool2dAttributes> = {
  foldings: poolFoldings,
  // One bit more than codes have holds signed and unsigned ones alike.
  stage: (node, { folding }) => {
    const { bits } = node.output.type;
    const least = node.attributes.least ? 1 : 0;
    return poolStage(node, folding, { AVERAGE: 0, LEAST: least, OUT_BITS: bits, ACC_BITS: bits + 1 }, []);
  },
};
