/** mul as a qc_mul stage. */
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { requantCircuit } from "../../../targets/verilog/requantize.js";
import { pairBits, pairFlow, secondBits } from "../../../targets/verilog/second-operand.js";
import type { MulAttributes } from "./mul.types.js";

export const verilog: VerilogLowering<MulAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { aZeroPoint, bZeroPoint, bSigned, requantize } = node.attributes;
    const requant = requantCircuit(requantize, [0n], node.output.type);
    return {
      module: "qc_mul",
      parameters: {
        ...pairBits(node, secondBits(node, bSigned)),
        A_SIGNED: node.inputs[0]!.type.signed ? 1 : 0,
        B_SIGNED: bSigned ? 1 : 0,
        A_ZERO: aZeroPoint,
        B_ZERO: bZeroPoint,
        ...requant.parameters,
      },
      memories: [{ parameter: "CONSTANTS_FILE", width: requant.parameters.WORD_BITS!, words: requant.words }],
      ...pairFlow(node, bSigned),
    };
  },
};
