/** Nodes by algorithms that take fewer instructions for more flash and scratch, where their homes have one and flash has room. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import type { Pass } from "../passes/pass.js";

/** Flash kept for a model's code, in bytes: more than any model of bench/README.md takes. */
export const codeBytes = 12 * 1024;

/**
 * The pass for one core. Of all nodes that have another algorithm, those go first that save the most expected instructions per
 * byte of flash; each is taken when weights and code stay within `flashBytes`.
 */
export function chooseForSpeed(core: Core, flashBytes = Infinity): Pass<IntegerGraph> {
  return {
    name: "choose-for-speed",
    run: (graph) => {
      const weights = graph.nodes.reduce((sum, node) => sum + opHomes.get(node.op)!.weightBytes(node), 0);
      let room = flashBytes - codeBytes - weights;
      const chosen = new Map<number, unknown>();
      const offers = graph.nodes.flatMap((node, index) => {
        const faster = opHomes.get(node.op)!.forSpeed?.(node, core);
        return faster && faster.saved > 0 ? [{ index, ...faster }] : [];
      });
      for (const { index, attributes, bytes } of offers.sort((a, b) => b.saved / b.bytes - a.saved / a.bytes)) {
        if (bytes > room) continue;
        room -= bytes;
        chosen.set(index, attributes);
      }
      const nodes = graph.nodes.map((node, i) => (chosen.has(i) ? { ...node, attributes: chosen.get(i) } : node));
      return chosen.size === 0 ? graph : { ...graph, nodes };
    },
  };
}
