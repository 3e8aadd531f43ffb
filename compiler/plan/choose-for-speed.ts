/** Nodes by algorithms that take fewer instructions for more flash and scratch, where their homes have one and flash has room. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import type { Faster } from "../ops/op.js";
import type { Pass } from "../passes/pass.js";

/** Flash kept for a model's code, in bytes: more than any model of bench/README.md takes. */
export const codeBytes = 20 * 1024;

/**
 * The pass for one core. Of all nodes that have another algorithm, those go first that save the most expected instructions per
 * byte of flash; each is taken when weights and code stay within `flashBytes`, in place of one that saves less.
 */
export function chooseForSpeed(core: Core, flashBytes = Infinity): Pass<IntegerGraph> {
  return {
    name: "choose-for-speed",
    run: (graph) => {
      const weights = graph.nodes.reduce((sum, node) => sum + opHomes.get(node.op)!.weightBytes(node), 0);
      let room = flashBytes - codeBytes - weights;
      const chosen = new Map<number, Faster<unknown>>();
      const offers = graph.nodes.flatMap((node, index) =>
        (opHomes.get(node.op)!.forSpeed?.(node, core) ?? []).map((faster) => ({ index, faster })),
      );
      const worth = ({ faster }: (typeof offers)[number]) => faster.saved / Math.max(1, faster.bytes);
      for (const { index, faster } of offers.sort((a, b) => worth(b) - worth(a))) {
        const before = chosen.get(index) ?? { saved: 0, bytes: 0 };
        const bytes = faster.bytes - before.bytes;
        if (faster.saved <= before.saved || bytes > room) continue;
        room -= bytes;
        chosen.set(index, faster);
      }
      const nodes = graph.nodes.map((node, i) =>
        chosen.has(i) ? { ...node, attributes: chosen.get(i)!.attributes } : node,
      );
      return chosen.size === 0 ? graph : { ...graph, nodes };
    },
  };
}
