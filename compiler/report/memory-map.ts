/** Who lies where in the arena, over time. */
import { macsOf } from "../plan/overhead.js";
import type { Plan, Step, Strip } from "../plan/plan.js";
import { table } from "./text.js";

/** Node names of a step, such as `conv_1`, `conv_1 to add_3 (rows)` or `conv_1 to add_3 (rows, 4 strips)`. */
export function stepName({ graph }: Plan, step: Step): string {
  const name = (index: number) => graph.nodes[index]!.name;
  if (step.kind === "node") return name(step.node);
  const [first, last] = [step.nodes[0]!, step.nodes.at(-1)!];
  const how = step.strips ? `rows, ${step.strips.length} strips` : "rows";
  return first === last ? `${name(first)} (${how})` : `${name(first)} to ${name(last)} (${how})`;
}

/** Whether the arena is proven to be the smallest for the plan's steps, in words. */
export function proofText({ arenaBytes, lowerBound }: Plan): string {
  if (arenaBytes === lowerBound) return "the smallest for these steps, proven";
  return `at most ${((100 * (arenaBytes - lowerBound)) / lowerBound).toFixed(1)} % above the smallest, which is at least ${lowerBound}`;
}

/** What strips compute again, such as `39000 MACs (3.2 %)`. */
export function recomputedText({ graph, recomputedMacs }: Plan): string {
  if (recomputedMacs === 0) return "no MACs";
  return `${recomputedMacs} MACs (${((100 * recomputedMacs) / macsOf(graph)).toFixed(1)} %)`;
}

/** Bytes taken during each step: up to the end of the highest piece that is alive. */
function heights(plan: Plan): number[] {
  return plan.steps.map((_, step) =>
    plan.pieces.reduce(
      (top, { offset, bytes, start, end }) => (start <= step && step <= end ? Math.max(top, offset + bytes) : top),
      0,
    ),
  );
}

/** Steps and pieces as tables, ending in a newline. */
export function memoryMapText(plan: Plan): string {
  const tops = heights(plan);
  const steps = plan.steps.map((step, i) => [i, tops[i]!, stepName(plan, step)]);
  const last = plan.steps.length;
  const pieces = [...plan.pieces]
    .sort((a, b) => a.start - b.start || a.offset - b.offset)
    .map(({ name, offset, bytes, start, end }) => [
      offset,
      bytes,
      start < 0 ? "input" : `${start}`,
      end >= last ? "output" : `${end}`,
      name,
    ]);
  const head = `arena ${plan.arenaBytes} bytes: ${proofText(plan)}; about ${plan.overhead} instructions more than on whole tensors; ${recomputedText(plan)} computed again`;
  const map = table(["offset", "bytes", "from", "to", "what"], pieces);
  return `${head}\n\n${table(["step", "bytes up to", "nodes"], steps)}\n\n${map}\n`;
}

/** The same as data. */
export function memoryMapJson(plan: Plan): object {
  const tops = heights(plan);
  return {
    schema: 1,
    arena_bytes: plan.arenaBytes,
    arena_lower_bound: plan.lowerBound,
    added_instructions: plan.overhead,
    recomputed_macs: plan.recomputedMacs,
    steps: plan.steps.map((step, i) => ({
      kind: step.kind,
      nodes: (step.kind === "node" ? [step.node] : step.nodes).map((node) => plan.graph.nodes[node]!.name),
      bytes: tops[i]!,
      ...(step.kind === "rows" && step.strips && { strips: stripWidths(plan, step.strips) }),
    })),
    pieces: plan.pieces,
  };
}

/** Output columns of each strip. */
function stripWidths({ graph }: Plan, strips: readonly Strip[]): number[] {
  const ids = new Set(strips[0]!.keys());
  const output = graph.nodes.filter((node) => ids.has(node.output.id)).at(-1)!.output;
  return strips.map((strip) => strip.get(output.id)!.end - strip.get(output.id)!.first);
}
