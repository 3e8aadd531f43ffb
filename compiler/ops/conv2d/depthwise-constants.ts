/** Requantization constants of depthwise kernels that multiply high words: qc_depthwise_rows.h, qc_depthwise_line.h. */
import { wholeRange } from "../../../targets/c/blocks.js";
import { weightSums } from "../../../targets/c/matrix.js";
import { type HighWordRequantization, type RequantizeLayer, realiseHighWord } from "../../arith/index.js";
import type { IntegerNode } from "../../ir/index.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

export interface DepthwiseConstants {
  readonly shift: number;
  /** y = high word of (256*acc + start)*multiplier, shifted, where acc sums codes times weights; a constant needs a sum of 0. */
  readonly channels: readonly {
    readonly multiplier: number;
    readonly start: number;
    readonly constant: boolean;
  }[];
}

/** Certified constants by layer: the parts of a node that runs by rows ask for the same ones, and so does its scratch. */
const certified = new WeakMap<RequantizeLayer, HighWordRequantization | "none">();

function certify(layer: RequantizeLayer): HighWordRequantization | undefined {
  const known = certified.get(layer) ?? realiseHighWord(layer, false) ?? "none";
  certified.set(layer, known);
  return known === "none" ? undefined : known;
}

/** Whether a layer has these constants. */
export function hasDepthwiseConstants({ output, attributes: { requantize } }: IntegerNode<Conv2dAttributes>): boolean {
  return wholeRange(requantize, output.type) && certify(requantize)?.scaleBits === 8;
}

/** The constants of a layer that has them, whose kernel sees codes that stand for 0 as `zeroPoint`. */
export function depthwiseConstants(node: IntegerNode<Conv2dAttributes>, zeroPoint: number): DepthwiseConstants {
  const { weights, bias, requantize } = node.attributes;
  const { shift, channels } = certify(requantize)!;
  const sums = weightSums(weights, node.output.shape[3]!);
  return {
    shift,
    channels: Array.from(bias, (value, o) => {
      const { addend, multiplier, constant } = channels[channels.length === 1 ? 0 : o]!;
      const lacking = constant ? 0 : value - zeroPoint * sums[o]!;
      return { multiplier, start: (addend + 256 * lacking) >>> 0, constant };
    }),
  };
}
