/** transpose as a qc_strided stage. */
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { permutedOrder } from "../order.js";
import { stridedFoldings, stridedStage } from "../strided/strided.verilog.js";
import type { TransposeAttributes } from "./transpose.types.js";

export const verilog: VerilogLowering<TransposeAttributes> = {
  foldings: stridedFoldings,
  stage: (node) => stridedStage(node, permutedOrder(node.inputs[0]!.shape, node.attributes.permutation)),
};
