/** What every amount of RAM costs: the schedules that no other beats in both bytes and instructions. */
import type { Plan } from "../plan/plan.js";
import { stepName } from "./memory-map.js";
import { drawing, escapeXml, label, round } from "./svg.js";
import { table } from "./text.js";

const rowSteps = (plan: Plan) => plan.steps.filter(({ kind }) => kind === "rows").map((step) => stepName(plan, step));

/** One line per schedule, the fastest first, ending in a newline. */
export function frontierText(plans: readonly Plan[]): string {
  const rows = plans.map((plan) => [
    plan.arenaBytes,
    plan.lowerBound === plan.arenaBytes ? "yes" : `${plan.lowerBound}`,
    plan.overhead,
    plan.recomputedMacs,
    rowSteps(plan).join(", ") || "none",
  ]);
  return `${table(["arena bytes", "proven smallest", "added instructions", "MACs computed again", "row by row"], rows)}\n`;
}

/** The same as data. */
export function frontierJson(plans: readonly Plan[]): object {
  return {
    schema: 1,
    points: plans.map((plan) => ({
      arena_bytes: plan.arenaBytes,
      arena_lower_bound: plan.lowerBound,
      added_instructions: plan.overhead,
      recomputed_macs: plan.recomputedMacs,
      row_steps: plan.steps
        .filter((step) => step.kind === "rows")
        .map(({ nodes }) => nodes.map((node) => plan.graph.nodes[node]!.name)),
    })),
  };
}

/** Arena bytes from left to right against added instructions from bottom to top. */
export function frontierSvg(plans: readonly Plan[]): string {
  const [left, top, width, height] = [80, 30, 640, 360];
  const bytes = Math.max(...plans.map(({ arenaBytes }) => arenaBytes), 1);
  const added = Math.max(...plans.map(({ overhead }) => overhead), 1);
  const x = (plan: Plan) => left + (width * plan.arenaBytes) / bytes;
  const y = (plan: Plan) => top + height * (1 - plan.overhead / added);
  const axes = `<path d="M${left} ${top}V${top + height}H${left + width}" fill="none" stroke="#555"/>`;
  const line = plans.map((plan, i) => `${i === 0 ? "M" : "L"}${round(x(plan))} ${round(y(plan))}`).join("");
  const points = plans.map((plan) => {
    const title = `${plan.arenaBytes} bytes, ${plan.overhead} instructions added: ${rowSteps(plan).join(", ") || "whole tensors"}`;
    const circle = `<circle cx="${round(x(plan))}" cy="${round(y(plan))}" r="4" fill="#36c"><title>${escapeXml(title)}</title></circle>`;
    return `${circle}${label(x(plan) + 6, y(plan) - 6, `${plan.arenaBytes}`)}`;
  });
  return drawing(left + width + 80, top + height + 50, [
    label(left, 18, `${plans[0]?.graph.name ?? ""}: RAM against added instructions`),
    axes,
    `<path d="${line}" fill="none" stroke="#36c"/>`,
    ...points,
    label(left + width, top + height + 30, "arena bytes", "end"),
    label(left - 6, top + 4, `${added}`, "end"),
    label(left - 6, top + height, "0", "end"),
  ]);
}
