/** Which inputs and outputs of a dense layer matter, and the layer without the others. */
import { channelRange } from "../../ir/integer-graph.js";
import type { ChannelStructure } from "../op.js";
import { keepRequantize } from "../requantize.js";
import { weightArray } from "../weights.js";
import type { DenseAttributes } from "./dense.types.js";

export const channels: ChannelStructure<DenseAttributes> = {
  /** An input may go when no kept output weighs it or when it is constant: its term folds into the bias. */
  needed({ inputs: [x], attributes }, needed) {
    const inputs = x!.shape.at(-1)!;
    return [
      Array.from({ length: inputs }, (_, i) => {
        const { lo, hi } = channelRange(x!, i);
        return lo !== hi && needed.some((keep, o) => keep && attributes.weights[o * inputs + i] !== 0);
      }),
    ];
  },

  keep({ inputs: [x], attributes }, { inputs: [kept], output }) {
    const inputs = x!.shape.at(-1)!;
    const { weights, inputZeroPoint } = attributes;
    const keptSet = new Set(kept);
    const removed = Array.from({ length: inputs }, (_, i) => i).filter((i) => !keptSet.has(i));
    const folded = (o: number) =>
      removed.reduce((sum, i) => {
        const { lo, hi } = channelRange(x!, i);
        return lo === hi ? sum + weights[o * inputs + i]! * (lo - inputZeroPoint) : sum;
      }, 0);
    return {
      inputZeroPoint,
      weights: weightArray(output.flatMap((o) => kept!.map((i) => weights[o * inputs + i]!))),
      bias: Int32Array.from(output, (o) => attributes.bias[o]! + folded(o)),
      requantize: keepRequantize(attributes.requantize, output),
    };
  },
};
