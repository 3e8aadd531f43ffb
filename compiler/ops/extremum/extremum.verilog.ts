/** extremum as a qc_extremum stage. */
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { pairBits, pairFlow, secondBits } from "../../../targets/verilog/second-operand.js";
import { addressed, requireTable, valueMemory } from "../../../targets/verilog/tables.js";
import type { ExtremumAttributes } from "./extremum.types.js";

export const verilog: VerilogLowering<ExtremumAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { kind, aLow, bLow, a, b } = node.attributes;
    const bits = pairBits(node, secondBits(node, bLow < 0));
    requireTable(node, Math.max(bits.A_BITS, bits.B_BITS));
    const width = bits.OUT_BITS + 1;
    return {
      module: "qc_extremum",
      parameters: { ...bits, LARGER: kind === "max" ? 1 : 0 },
      memories: [
        valueMemory("A_FILE", addressed(a, aLow, bits.A_BITS), width),
        valueMemory("B_FILE", addressed(b, bLow, bits.B_BITS), width),
      ],
      ...pairFlow(node, bLow < 0),
    };
  },
};
