/**
 * Gives borders of zeros to the ops behind them: a convolution pads by itself, where padded taps add nothing, so the padded
 * tensor never exists. Exact, because the border is the real value 0, the zero point. A border stays where any reader cannot
 * take it: a pool would count its elements, and a graph output shows them.
 */
import type { Graph, GraphNode, Tensor } from "../ir/graph.js";
import { opHomes } from "../ops/index.js";
import type { Pass } from "./pass.js";

export const foldPads: Pass<Graph> = {
  name: "fold-pads",
  run(graph) {
    // Backwards, so that of two borders in a row both reach the reader.
    return [...graph.nodes].reverse().reduce(fold, graph);
  },
};

function fold(graph: Graph, border: GraphNode): Graph {
  const pads = opHomes.get(border.op)!.border?.(border.attributes);
  if (!pads || graph.outputs.includes(border.output)) return graph;
  const replaced = new Map<GraphNode, GraphNode>();
  for (const node of graph.nodes) {
    if (!node.inputs.includes(border.output)) continue;
    const folded = absorbed(node, border.output, border.inputs[0]!, pads);
    if (!folded) return graph;
    replaced.set(node, folded);
  }
  const nodes = graph.nodes.filter(({ output }) => output !== border.output);
  return { ...graph, nodes: nodes.map((node) => replaced.get(node) ?? node) };
}

/** The reader of `padded` as a reader of `input`. */
function absorbed(node: GraphNode, padded: Tensor, input: Tensor, pads: readonly number[]): GraphNode | undefined {
  if (node.inputs.lastIndexOf(padded) !== 0) return undefined;
  return opHomes.get(node.op)!.absorbBorder?.(node, input, pads);
}
