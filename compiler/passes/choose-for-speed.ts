/** Nodes by algorithms that take fewer instructions for more flash and scratch, where their homes have one. */
import type { IntegerGraph } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import type { Pass } from "./pass.js";

export const chooseForSpeed: Pass<IntegerGraph> = {
  name: "choose-for-speed",
  run: (graph) => ({
    ...graph,
    nodes: graph.nodes.map((node) => {
      const attributes = opHomes.get(node.op)!.forSpeed?.(node);
      return attributes === undefined ? node : { ...node, attributes };
    }),
  }),
};
