/** arg-max as a qc_arg_max stage: one element a cycle. */
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import type { ArgMaxAttributes } from "./arg-max.types.js";

export const verilog: VerilogLowering<ArgMaxAttributes> = {
  foldings: ({ inputs: [x] }) => elementwiseFoldings(x!),
  stage({ inputs: [x], output, attributes: { least, last } }) {
    const count = x!.shape.at(-1)!;
    const needs = (index: number) => (index + 1) * count;
    return {
      module: "qc_arg_max",
      parameters: {
        IN_BITS: x!.type.bits,
        OUT_BITS: output.type.bits,
        COUNT: count,
        X_SIGNED: x!.type.signed ? 1 : 0,
        LEAST: least ? 1 : 0,
        LAST: last ? 1 : 0,
      },
      memories: [],
      needs,
      taken: needs,
    };
  },
};
