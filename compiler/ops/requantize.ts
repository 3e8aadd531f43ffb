/** What homes with a requantize layer share: output ranges and text. */

import type { RequantizeLayer } from "../arith/requantize-layer.js";
import { isConstant, lastValue } from "../arith/staircase.js";
import type { Range } from "../ir/types.js";

/** Proven output range of each channel: a staircase is monotone, so its ends are its extremes. */
export function rangesOf(layer: RequantizeLayer): Range[] {
  return layer.channels.map((staircase) => ({ lo: staircase.first, hi: lastValue(staircase) }));
}

/** `thresholds=1234 constant=5 clamp=-128..127`. */
export function printRequantize(layer: RequantizeLayer): string {
  const thresholds = layer.channels.reduce((sum, staircase) => sum + staircase.thresholds.length, 0);
  const constant = layer.channels.filter(isConstant).length;
  return `thresholds=${thresholds} constant=${constant} clamp=${layer.clamp.lo}..${layer.clamp.hi}`;
}

/** The layer with only the given channels. */
export function keepRequantize(layer: RequantizeLayer, kept: readonly number[]): RequantizeLayer {
  return layer.channels.length === 1 ? layer : { ...layer, channels: kept.map((channel) => layer.channels[channel]!) };
}
