/** Folding factors: how many multipliers each stage gets. */
import type { IntegerGraph } from "../../compiler/ir/index.js";
import type { Folding, FoldingOption } from "./lowering.js";
import { loweringOf } from "./lowerings.js";

/** Multipliers of one stage, pe * simd, unless asked otherwise. */
export const defaultLanes = 16;

/** The folding of each node of a graph when none is given. */
export function defaultFoldings(graph: IntegerGraph, lanes = defaultLanes): Folding[] {
  return chooseFoldings(
    graph.nodes.map((node) => loweringOf(node).foldings(node)),
    lanes,
  );
}

/**
 * One folding per stage: the slowest stage sets the pace with at most `lanes` multipliers, and every other stage takes
 * the fewest multipliers that keep it (least pe among those, hence the fewest accumulators).
 */
export function chooseFoldings(stages: readonly (readonly FoldingOption[])[], lanes: number): Folding[] {
  const allowed = stages.map((options) => options.filter(({ pe, simd }) => pe * simd <= lanes));
  const pace = Math.max(...allowed.map((options) => Math.min(...options.map(({ cycles }) => cycles))));
  return allowed.map((options) => {
    const fast = options.filter(({ cycles }) => cycles <= pace);
    const { pe, simd } = fast.reduce((best, option) => (before(option, best) ? option : best));
    return { pe, simd };
  });
}

function before(a: FoldingOption, b: FoldingOption): boolean {
  return a.pe * a.simd < b.pe * b.simd || (a.pe * a.simd === b.pe * b.simd && a.pe < b.pe);
}
