/** The order of nodes: never worse than any other, by trying them all, and a valid one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../../compiler/ir/integer-graph.js";
import { wholeNodes } from "../../compiler/plan/candidates.js";
import { resident } from "../../compiler/plan/input-places.js";
import { makePlan, planFrontier } from "../../compiler/plan/make-plan.js";
import { orderForMemory } from "../../compiler/plan/order.js";
import { peakOf } from "../../compiler/plan/schedule.js";
import { GraphBuilder } from "../hdl/graphs.js";

const table = { low: -128, values: new Int16Array(256) };

/** Every order in which each node comes behind those it reads. */
function* orders(nodes: readonly IntegerNode[], made: ReadonlySet<IntegerTensor>): Generator<IntegerNode[]> {
  if (nodes.length === 0) yield [];
  for (const node of nodes) {
    if (!node.inputs.every((input) => made.has(input))) continue;
    const others = nodes.filter((other) => other !== node);
    for (const rest of orders(others, new Set([...made, node.output]))) yield [node, ...rest];
  }
}

const peak = (graph: IntegerGraph) => peakOf(wholeNodes(graph, resident));

/** Nodes that read earlier results: a table in place, an alias, or results of any size from one or two inputs. */
const network = fc
  .array(
    fc.record({
      op: fc.constantFrom("table", "reshape", "concat", "concat"),
      size: fc.integer({ min: 1, max: 9 }),
      first: fc.nat(),
      second: fc.nat(),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((steps) => {
    const b = new GraphBuilder();
    const input = b.tensor([1, 24]);
    const made = [input];
    for (const { op, size, first, second } of steps) {
      const [a, other] = [made[first % made.length]!, made[second % made.length]!];
      if (op === "concat") made.push(b.node("concat", [a, other], [1, 8 * size], {}));
      else if (op === "table") made.push(b.node("table", [a], a.shape, table));
      else made.push(b.node("reshape", [a], [...a.shape, 1], {}));
    }
    return b.graph("random", input, made.at(-1)!);
  });

describe("the order for memory", () => {
  it("has the least peak of all orders", () => {
    fc.assert(
      fc.property(network, (graph) => {
        const least = Math.min(
          ...[...orders(graph.nodes, new Set(graph.inputs))].map((nodes) => peak({ ...graph, nodes })),
        );
        const ordered = orderForMemory(graph);
        expect(peak(ordered)).toBe(least);
        expect(new Set(ordered.nodes)).toEqual(new Set(graph.nodes));
        if (peak(graph) === least) expect(ordered).toBe(graph);
      }),
      { numRuns: 200 },
    );
  });

  /** Two branches that each shrink a large result: one after the other, and not both large ones first. */
  function branches() {
    const b = new GraphBuilder();
    const x = b.tensor([2, 8]);
    // Two rows each, so that no operand lies in its result as it is.
    const large = [0, 1].map(() => b.node("concat", [x, x, x, x, x, x, x, x], [2, 64], { axis: 1 }));
    // The planner knows sizes alone; that no concatenation shrinks does not matter to it.
    const small = large.map((tensor) => b.node("concat", [tensor], [2, 8], { axis: 1 }));
    return b.graph("branches", x, b.node("concat", small, [2, 16], { axis: 1 }));
  }

  it("runs a branch to its end before the next one begins", () => {
    const graph = branches();
    const ordered = orderForMemory(graph);
    expect(peak(graph)).toBe(16 + 2 * 128);
    expect(peak(ordered)).toBe(16 + 16 + 128);
  });

  it("is the plan's, and on its frontier", () => {
    const graph = branches();
    expect(makePlan(graph).arenaBytes).toBe(160);
    expect(Math.min(...planFrontier(graph).map(({ arenaBytes }) => arenaBytes))).toBe(160);
  });
});
