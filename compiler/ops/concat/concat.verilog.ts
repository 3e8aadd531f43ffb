/** concat as a qc_concat stage. */
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import type { ConcatAttributes } from "./concat.types.js";
import { runsOf } from "./runs.js";

export const verilog: VerilogLowering<ConcatAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const runs = runsOf(node.inputs, node.attributes.axis);
    if (runs.length === 1) return undefined;
    const stride = runs.reduce((a, b) => a + b, 0);
    const starts = runs.map((_, i) => runs.slice(0, i).reduce((a, b) => a + b, 0));
    const needs = (index: number, port: number) => {
      const turn = Math.floor(index / stride);
      const own = Math.min(Math.max((index % stride) + 1 - starts[port]!, 0), runs[port]!);
      return turn * runs[port]! + own;
    };
    const words = [...runs].reverse().map((run) => `32'd${run}`);
    return {
      module: "qc_concat",
      bundled: true,
      parameters: { BITS: node.output.type.bits, INPUTS: runs.length, RUNS: `{${words.join(", ")}}` },
      memories: [],
      needs,
      taken: needs,
    };
  },
};
