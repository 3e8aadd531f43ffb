/** table as a qc_table stage. */
import { elementwiseFlow, elementwiseFoldings, streamBits } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { addressed, requireTable, valueMemory } from "../../../targets/verilog/tables.js";
import type { TableAttributes } from "./table.types.js";

export const verilog: VerilogLowering<TableAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { values, low } = node.attributes;
    const parameters = streamBits(node);
    requireTable(node, parameters.IN_BITS);
    const words = addressed(values, low, parameters.IN_BITS);
    return {
      module: "qc_table",
      parameters,
      memories: [valueMemory("TABLE_FILE", words, parameters.OUT_BITS)],
      ...elementwiseFlow,
    };
  },
};
