/** table as a qc_table stage. */
import { packWord } from "../../../targets/verilog/bits.js";
import { byteTable, elementwiseFlow, elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import type { TableAttributes } from "./table.types.js";

export const verilog: VerilogLowering<TableAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage: ({ attributes: { values, low } }) => ({
    module: "qc_table",
    parameters: {},
    memories: [
      {
        parameter: "TABLE_FILE",
        width: 8,
        words: byteTable(values, low).map((value) => packWord([{ value: BigInt(value), bits: 8 }])),
      },
    ],
    ...elementwiseFlow,
  }),
};
