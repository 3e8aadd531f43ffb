/** The constants a target ships for each requantize layer, for its emitter and for the report alike. */
import { type Requantization, type RequantizeLayer, realise } from "../compiler/arith/index.js";
import type { IntegerGraph } from "../compiler/ir/integer-graph.js";
import { opHomes } from "../compiler/ops/index.js";
import { solveLayers } from "./c/shift.js";
import { isCore, type Target } from "./core.js";
import { circuitRealisation } from "./realisation.js";

/** Certified constants of a requantize layer. */
export type Solver = (layer: RequantizeLayer) => Requantization;

/** Certified constants by layer: one shift for most layers on cores, the narrowest multipliers in circuits. */
export function solverFor(target: Target, graph: IntegerGraph): Solver {
  if (!isCore(target)) return (layer) => realise(layer, circuitRealisation);
  const layers = graph.nodes.flatMap((node) => opHomes.get(node.op)!.requantize?.(node.attributes) ?? []);
  return solveLayers(layers);
}
