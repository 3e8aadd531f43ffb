/** The weights of a convolution as matrices. */
import type { WeightMatrix } from "../../../targets/c/matrix.js";
import type { IntegerNode } from "../../ir/index.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

/** Weights of each group as a matrix; 8-bit ones. */
export function matrices({ attributes: { groups, weights }, output }: IntegerNode<Conv2dAttributes>): WeightMatrix[] {
  const channels = output.shape[3]! / groups;
  const size = weights.length / groups;
  return Array.from({ length: groups }, (_, g) => ({
    channels,
    taps: size / channels,
    weights: (weights as Int8Array).subarray(g * size, (g + 1) * size),
  }));
}
