/** Removes nodes whose result reaches no graph output. */
import type { Graph } from "../ir/graph.js";
import type { Pass } from "./pass.js";

export const removeDeadNodes: Pass<Graph> = {
  name: "remove-dead-nodes",
  run(graph) {
    const needed = new Set(graph.outputs);
    const nodes = [...graph.nodes].reverse().filter((node) => {
      if (!needed.has(node.output)) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    });
    return { ...graph, nodes: nodes.reverse() };
  },
};
