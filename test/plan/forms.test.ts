/** The forms of nodes that a plan chooses between: which there are, in what order, and what they leave as it was. */
import { describe, expect, it } from "vitest";
import { type IntegerGraph, int8 } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import { chooseForSpeed } from "../../compiler/plan/choose-for-speed.js";
import { byRows, formsBetween, leastScratch } from "../../compiler/plan/forms.js";
import { makePlan, planFrontier } from "../../compiler/plan/make-plan.js";
import { addConv2d, GraphBuilder } from "../runtime-c/graphs.js";
import { Random } from "../runtime-c/random.js";
import { core } from "../runtime-c/run.js";

/** Two 3x3 convolutions on 16x16 pixels, one after the other. */
function convolutions(): IntegerGraph {
  const builder = new GraphBuilder();
  const random = new Random(1);
  const window = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
  const choice = { outputType: int8, rounding: "plain" } as const;
  const conv = (input: ReturnType<typeof builder.input>) =>
    addConv2d(builder, random, input, 16, window, 1, choice, () => random.integer(-40, 40));
  builder.outputs.push(conv(conv(builder.input([1, 16, 16, 16], int8))));
  return builder.graph();
}

describe.each(["cortex-m4", "rv32imc"])("forms of nodes for %s", (name) => {
  const [graph, target] = [convolutions(), core(name)];
  const fast = chooseForSpeed(target).run(graph);
  const forms = formsBetween(fast, graph, target);

  it("go from the chosen algorithm to the node's own, each slower than the one before", () => {
    expect(formsBetween(graph, graph, target).size).toBe(0);
    expect(forms.size).toBe(2);
    graph.nodes.forEach((node, i) => {
      const all = forms.get(node.output)!;
      expect(all[0]).toEqual({ node: fast.nodes[i], added: 0 });
      expect(all.at(-1)!.node).toBe(node);
      for (const [j, { added }] of all.entries()) if (j > 0) expect(added).toBeGreaterThanOrEqual(all[j - 1]!.added);
    });
  });

  it("end with the least scratch, and lose by rows at least what they lose on whole tensors", () => {
    const frugal = leastScratch(fast, target, forms)!;
    const scratch = (node: IntegerGraph["nodes"][number]) => opHomes.get(node.op)!.scratchBytes?.(node, target) ?? 0;
    for (const node of frugal.graph.nodes) {
      const all = frugal.forms.get(node.output)!;
      expect(all.at(-1)!.node).toBe(node);
      for (const [i, form] of all.entries()) {
        expect(scratch(form.node)).toBeGreaterThanOrEqual(scratch(node));
        expect(byRows(all, i)).toBeGreaterThanOrEqual(form.added);
      }
    }
  });

  it("let the frontier end at the smallest plan, and the smallest be no larger than without them", () => {
    const options = { core: target, forms };
    const smallest = makePlan(fast, { ...options, optimize: "memory" });
    const frontier = planFrontier(fast, options);
    expect(frontier.at(-1)!.arenaBytes).toBe(smallest.arenaBytes);
    expect(frontier[0]!.overhead).toBe(0);
    expect(smallest.arenaBytes).toBeLessThanOrEqual(makePlan(graph, { core: target, optimize: "memory" }).arenaBytes);
  });
});
