/** Predicted speed of a streaming circuit. */
import type { IntegerGraph } from "../../compiler/ir/index.js";
import type { Folding } from "./lowering.js";
import { loweringOf } from "./lowerings.js";

/**
 * Clock cycles between inferences that follow each other without stalls: those of the slowest stage.
 * `foldings` has one entry per node, each among those its lowering lists.
 */
export function predictedInterval(graph: IntegerGraph, foldings: readonly Folding[]): number {
  const cycles = graph.nodes.map((node, index) => {
    const { pe, simd } = foldings[index]!;
    return loweringOf(node)
      .foldings(node)
      .find((option) => option.pe === pe && option.simd === simd)!.cycles;
  });
  return Math.max(...cycles);
}
