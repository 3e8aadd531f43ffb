/** extremum as a qc_extremum stage. */
import { packWord } from "../../../targets/verilog/bits.js";
import { byteTable, elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { pairFlow } from "../../../targets/verilog/second-operand.js";
import type { ExtremumAttributes } from "./extremum.types.js";

export const verilog: VerilogLowering<ExtremumAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { kind, aLow, bLow, a, b } = node.attributes;
    const memory = (parameter: string, values: Int16Array, low: number) => ({
      parameter,
      width: 9,
      words: byteTable(values, low).map((value) => packWord([{ value: BigInt(value), bits: 9 }])),
    });
    return {
      module: "qc_extremum",
      parameters: { LARGER: kind === "max" ? 1 : 0 },
      memories: [memory("A_FILE", a, aLow), memory("B_FILE", b, bLow)],
      ...pairFlow(node),
    };
  },
};
