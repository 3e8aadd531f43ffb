/** max-pool2d as a qc_pool2d stage. */
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { poolFoldings, poolStage } from "../../../targets/verilog/pool.js";
import type { MaxPool2dAttributes } from "./max-pool2d.types.js";

export const verilog: VerilogLowering<MaxPool2dAttributes> = {
  foldings: poolFoldings,
  // Nine bits hold int8 and uint8 alike.
  stage: (node, { folding }) =>
    poolStage(node, folding, { AVERAGE: 0, LEAST: node.attributes.least ? 1 : 0, ACC_BITS: 9 }, []),
};
