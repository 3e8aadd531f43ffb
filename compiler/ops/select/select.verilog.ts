/** select as a qc_select stage. */
import { elementwiseFlow, elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import type { SelectAttributes } from "./select.types.js";

export const verilog: VerilogLowering<SelectAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage({ inputs: [condition], output, attributes: { a, b } }) {
    return {
      module: "qc_select",
      bundled: true,
      parameters: {
        CONDITION_BITS: condition!.type.bits,
        BITS: output.type.bits,
        A_STREAM: a === undefined ? 1 : 0,
        B_STREAM: b === undefined ? 1 : 0,
        A_CODE: a ?? 0,
        B_CODE: b ?? 0,
      },
      memories: [],
      ...elementwiseFlow,
    };
  },
};
