/** There is no stage yet: the circuit of qc_softmax keeps quotients of 9 bits, and has no logarithm. */
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { fail } from "../../diagnostics.js";
import type { WideSoftmaxAttributes } from "./wide-softmax.types.js";

export const verilog: VerilogLowering<WideSoftmaxAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage({ name, attributes: { results } }) {
    const what = "most" in results ? "LogSoftmax" : "Softmax of more than 8 bits";
    return fail(
      "QC2002",
      `${what} has no circuit. Quantize its input to 8 bits and end with Softmax, or with the input itself: both order the classes alike.`,
      name,
    );
  },
};
