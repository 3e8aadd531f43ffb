/**
 * average-pool2d as a qc_pool2d stage, the number of counted taps addressing the constants; as a qc_global_average stage,
 * which keeps sums instead of rows, where one window is the whole image.
 */

import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { Stage, VerilogLowering } from "../../../targets/verilog/lowering.js";
import { poolFoldings, poolStage } from "../../../targets/verilog/pool.js";
import { type RequantCircuit, requantCircuit } from "../../../targets/verilog/requantize.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { AveragePool2dAttributes } from "./average-pool2d.types.js";

export const verilog: VerilogLowering<AveragePool2dAttributes> = {
  foldings: (node) => (isGlobal(node) ? elementwiseFoldings(node.inputs[0]!) : poolFoldings(node)),
  stage(node, { folding }) {
    const { byCount, includePad, padValue } = node.attributes;
    const { zeroPoint, clamp } = byCount[0]!.requantize;
    // One index per count from 0 up; counts that never occur repeat the next one that does.
    const counts = byCount.length === 1 ? [0] : Array.from({ length: byCount.at(-1)!.count + 1 }, (_, count) => count);
    const channels = counts.map((count) => byCount.find((entry) => entry.count >= count)!.requantize.channels[0]!);
    const requant = requantCircuit(
      { channels, zeroPoint, clamp },
      counts.map(() => 0n),
      node.output.type,
      // Partial sums wrap harmlessly, but the circuit extends elements to the accumulator.
      node.inputs[0]!.type.bits,
    );
    if (isGlobal(node)) return globalStage(node, requant.parameters, requant.words);
    const parameters = {
      AVERAGE: 1,
      INCLUDE_PAD: includePad ? 1 : 0,
      PAD_VALUE: padValue,
      ...requant.parameters,
      CHANNELS: requant.channels,
    };
    return poolStage(node, folding, parameters, [constants(requant)]);
  },
};

/** One unpadded window over the whole image, and channels to overlap reading and writing of the sums. */
function isGlobal({ attributes: { kernel, pads }, inputs: [input] }: IntegerNode<AveragePool2dAttributes>): boolean {
  const [, height, width, channels] = input!.shape as [number, number, number, number];
  return kernel[0] === height && kernel[1] === width && pads.every((pad) => pad === 0) && channels > 1;
}

function constants({ parameters, words }: Pick<RequantCircuit, "parameters" | "words">) {
  return { parameter: "CONSTANTS_FILE", width: parameters.WORD_BITS!, words };
}

function globalStage(
  node: IntegerNode<AveragePool2dAttributes>,
  parameters: Readonly<Record<string, number>>,
  words: readonly bigint[],
): Stage {
  const input = node.inputs[0]!;
  const channels = input.shape[3]!;
  const pixels = elementCount(input.shape) / channels;
  const needs = (index: number) => (pixels - 1) * channels + index + 1;
  return {
    module: "qc_global_average",
    parameters: {
      IN_BITS: input.type.bits,
      PIXELS: pixels,
      COUNT: channels,
      X_SIGNED: input.type.signed ? 1 : 0,
      ...parameters,
    },
    memories: [constants({ parameters, words })],
    needs,
    taken: needs,
  };
}
