/** average-pool2d as a qc_pool2d stage: the number of counted taps addresses the constants. */
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { poolFoldings, poolStage } from "../../../targets/verilog/pool.js";
import { requantCircuit } from "../../../targets/verilog/requantize.js";
import type { AveragePool2dAttributes } from "./average-pool2d.types.js";

export const verilog: VerilogLowering<AveragePool2dAttributes> = {
  foldings: poolFoldings,
  stage(node, { folding }) {
    const { byCount, includePad, padValue } = node.attributes;
    const { zeroPoint, clamp } = byCount[0]!.requantize;
    // One index per count from 0 up; counts that never occur repeat the next one that does.
    const counts = byCount.length === 1 ? [0] : Array.from({ length: byCount.at(-1)!.count + 1 }, (_, count) => count);
    const channels = counts.map((count) => byCount.find((entry) => entry.count >= count)!.requantize.channels[0]!);
    const requant = requantCircuit({ channels, zeroPoint, clamp }, counts.map(() => 0n));
    const parameters = {
      AVERAGE: 1,
      INCLUDE_PAD: includePad ? 1 : 0,
      PAD_VALUE: padValue,
      ...requant.parameters,
      // Partial sums wrap harmlessly, but an element and a padded tap must fit.
      ACC_BITS: Math.max(10, requant.parameters.ACC_BITS!),
      CHANNELS: requant.channels,
    };
    const memory = { parameter: "CONSTANTS_FILE", width: requant.parameters.WORD_BITS!, words: requant.words };
    return poolStage(node, folding, parameters, [memory]);
  },
};
