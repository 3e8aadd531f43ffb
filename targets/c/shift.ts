/** One shift for all layers of a model where that is possible: layers with equal shifts share their kernels. */
import { LayerSolver, type Requantization, type RequantizeLayer } from "../../compiler/arith/index.js";
import { coreRealisation } from "../realisation.js";

/** Certified constants per layer, at the shift that the most layers can have; others take the first that fits them. */
export function solveLayers(layers: readonly RequantizeLayer[]): (layer: RequantizeLayer) => Requantization {
  const solvers = new Map(layers.map((layer) => [layer, new LayerSolver(layer)]));
  const shift = commonShift(layers.filter(shifts).map((layer) => solvers.get(layer)!));
  const solved = new Map<RequantizeLayer, Requantization>();
  return (layer) => {
    const known = solved.get(layer);
    if (known) return known;
    const solver = solvers.get(layer) ?? new LayerSolver(layer);
    const result = solver.realise(has(solver, shift) ? only(shift) : wide(layer) ? wideRealisation : coreRealisation);
    solved.set(layer, result);
    solvers.delete(layer);
    return result;
  };
}

/** Results of more than 8 bits need slopes as fine as offsets of 62 bits allow. */
const wideRealisation = { ...coreRealisation, maxShift: 61 };

const wide = ({ clamp }: RequantizeLayer) => clamp.hi - clamp.lo > 255;

/** Whether the common shift concerns a layer: identities have none. */
const shifts = (layer: RequantizeLayer) => !wide(layer) && !layer.channels.some(({ identity }) => identity);

const only = (shift: number) => ({ minShift: shift, maxShift: shift });

/** Whether a layer's cheapest form has this shift. */
const has = (solver: LayerSolver, shift: number) => solver.shift(only(shift)) === shift;

function commonShift(solvers: readonly LayerSolver[]): number {
  let best = coreRealisation.minShift;
  let fewest = Infinity;
  for (let shift = coreRealisation.minShift; shift <= coreRealisation.maxShift && fewest > 0; shift++) {
    const misses = solvers.filter((solver) => !has(solver, shift)).length;
    if (misses < fewest) [best, fewest] = [shift, misses];
  }
  return best;
}
