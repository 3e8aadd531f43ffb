/** Which channels of a convolution matter, and the convolution without the others. */

import type { IntegerNode } from "../../ir/integer-graph.js";
import { channelRange } from "../../ir/integer-graph.js";
import type { ChannelStructure } from "../op.js";
import { keepRequantize } from "../requantize.js";
import { weightArray } from "../weights.js";
import { isPadded } from "../window.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

interface Geometry {
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  readonly perGroup: number;
  readonly outputsPerGroup: number;
}

function geometry({ inputs: [x], output, attributes }: IntegerNode<Conv2dAttributes>): Geometry {
  const [inputs, outputs] = [x!.shape[3]!, output.shape[3]!];
  const taps = attributes.kernel[0] * attributes.kernel[1];
  return { inputs, outputs, taps, perGroup: inputs / attributes.groups, outputsPerGroup: outputs / attributes.groups };
}

export const channels: ChannelStructure<Conv2dAttributes> = {
  /**
   * An input channel may go when no kept output weighs it, or when it is a constant that folds into the bias: any constant
   * without padding, but only the zero point with padding, because padded taps then contribute the same. Groups of several
   * inputs keep their size, so they stay or go as a whole.
   */
  needed(node, needed) {
    const { attributes } = node;
    const { inputs, outputs, taps, perGroup, outputsPerGroup } = geometry(node);
    const folds = (channel: number) => {
      const { lo, hi } = channelRange(node.inputs[0]!, channel);
      return lo === hi && (lo === attributes.inputZeroPoint || !isPadded(attributes));
    };
    const matters = Array.from({ length: inputs }, () => false);
    for (let o = 0; o < outputs; o++) {
      if (!needed[o]) continue;
      const first = Math.floor(o / outputsPerGroup) * perGroup;
      for (let i = 0; i < perGroup; i++) {
        if (matters[first + i]) continue;
        const weighed = Array.from(
          { length: taps },
          (_, tap) => attributes.weights[(o * taps + tap) * perGroup + i],
        ).some((w) => w !== 0);
        if (attributes.groups > 1 || (weighed && !folds(first + i))) matters[first + i] = true;
      }
    }
    return [matters];
  },

  /** The groups of the output are those of the input. */
  bound(node, [inputs]) {
    const { outputs, perGroup, outputsPerGroup } = geometry(node);
    return Array.from({ length: outputs }, (_, o) => {
      const first = Math.floor(o / outputsPerGroup) * perGroup;
      return node.attributes.groups > 1 && inputs!.slice(first, first + perGroup).some(Boolean);
    });
  },

  keep(node, { inputs: [kept], output }) {
    const { attributes } = node;
    const { taps, perGroup, outputsPerGroup } = geometry(node);
    const keptSet = new Set(kept);
    const groups = attributes.groups === 1 ? 1 : new Set(output.map((o) => Math.floor(o / outputsPerGroup))).size;
    const bias = Int32Array.from(output, (o) => attributes.bias[o]! + removedTerms(node, o, keptSet));
    const within = (o: number) => {
      const first = Math.floor(o / outputsPerGroup) * perGroup;
      return kept!
        .filter((channel) => channel >= first && channel < first + perGroup)
        .map((channel) => channel - first);
    };
    const weights = output.flatMap((o) =>
      Array.from({ length: taps }, (_, tap) =>
        within(o).map((i) => attributes.weights[(o * taps + tap) * perGroup + i]!),
      ).flat(),
    );
    return {
      ...attributes,
      groups,
      bias,
      weights: weightArray(weights),
      requantize: keepRequantize(attributes.requantize, output),
    };
  },
};

/** Sum over removed input channels of w * (constant - zero point); every tap sees the constant (see `needed`). */
function removedTerms(node: IntegerNode<Conv2dAttributes>, o: number, kept: ReadonlySet<number>): number {
  const { attributes } = node;
  const { taps, perGroup, outputsPerGroup } = geometry(node);
  const first = Math.floor(o / outputsPerGroup) * perGroup;
  let sum = 0;
  for (let i = 0; i < perGroup; i++) {
    if (kept.has(first + i)) continue;
    const { lo, hi } = channelRange(node.inputs[0]!, first + i);
    if (lo !== hi) continue; // nobody weighs it
    for (let tap = 0; tap < taps; tap++) {
      sum += attributes.weights[(o * taps + tap) * perGroup + i]! * (lo - attributes.inputZeroPoint);
    }
  }
  return sum;
}
