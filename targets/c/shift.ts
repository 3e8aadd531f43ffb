/** One shift for all layers of a model where that is possible: layers with equal shifts share their kernels. */
import { type Requantization, type RequantizeLayer, realise } from "../../compiler/arith/index.js";
import { coreRealisation } from "../realisation.js";

/** Certified constants per layer, at the shift that the most layers can have; others take the first that fits them. */
export function solveLayers(layers: readonly RequantizeLayer[]): (layer: RequantizeLayer) => Requantization {
  const shift = commonShift(layers);
  const solved = new Map<RequantizeLayer, Requantization>();
  return (layer) => {
    const known = solved.get(layer);
    if (known) return known;
    const result = at(layer, shift) ?? realise(layer, wide(layer) ? wideRealisation : coreRealisation);
    solved.set(layer, result);
    return result;
  };
}

/** Results of more than 8 bits need slopes as fine as offsets of 62 bits allow. */
const wideRealisation = { ...coreRealisation, maxShift: 61 };

const wide = ({ clamp }: RequantizeLayer) => clamp.hi - clamp.lo > 255;

function at(layer: RequantizeLayer, shift: number): Requantization | undefined {
  const result = realise(layer, { minShift: shift, maxShift: shift });
  return result.form !== "thresholds" && result.shift === shift ? result : undefined;
}

function commonShift(layers: readonly RequantizeLayer[]): number {
  let best = coreRealisation.minShift;
  let fewest = Infinity;
  const narrow = layers.filter((layer) => !wide(layer));
  for (let shift = coreRealisation.minShift; shift <= coreRealisation.maxShift && fewest > 0; shift++) {
    const misses = narrow.filter((layer) => !at(layer, shift)).length;
    if (misses < fewest) [best, fewest] = [shift, misses];
  }
  return best;
}
