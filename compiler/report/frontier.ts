/** What every amount of RAM costs: the schedules that no other beats in both bytes and instructions. */
import type { Plan } from "../plan/plan.js";
import { stepName } from "./memory-map.js";
import { drawing, escapeXml, fitted, grouped, label, round, ticks } from "./svg.js";
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

/** Arena bytes from left to right against added instructions from bottom to top; below, what runs by rows at each point. */
export function frontierSvg(plans: readonly Plan[]): string {
  const [left, top, width, height] = [80, 40, 720, 340];
  const bytes = Math.max(...plans.map(({ arenaBytes }) => arenaBytes), 1);
  const added = Math.max(...plans.map(({ overhead }) => overhead), 1);
  const x = (value: number) => left + (width * value) / bytes;
  const y = (value: number) => top + height * (1 - value / added);
  const vertical = ticks(bytes, "binary").map((value) => {
    const line = `<path d="M${round(x(value))} ${top}V${top + height}" stroke="#eee"/>`;
    return `${line}${label(x(value), top + height + 16, grouped(value), "middle")}`;
  });
  const horizontal = ticks(added, "decimal").map((value) => {
    const line = `<path d="M${left} ${round(y(value))}H${left + width}" stroke="#eee"/>`;
    return `${line}${label(left - 6, y(value) + 4, grouped(value), "end")}`;
  });
  // Between two points the one of fewer bytes is the best that fits.
  const stairs = plans.map(({ arenaBytes, overhead }, i) =>
    i === 0
      ? `M${left + width} ${round(y(overhead))}H${round(x(arenaBytes))}`
      : `V${round(y(overhead))}H${round(x(arenaBytes))}`,
  );
  const points = plans.map((plan, i) => {
    const title = escapeXml(pointText(plan));
    const circle = `<circle cx="${round(x(plan.arenaBytes))}" cy="${round(y(plan.overhead))}" r="4" fill="#36c"><title>${title}</title></circle>`;
    return `${circle}${label(x(plan.arenaBytes) - 6, y(plan.overhead) - 6, `${i + 1}`, "end")}`;
  });
  const lineHeight = 16;
  const list = plans.map((plan, i) =>
    label(left, top + height + 64 + lineHeight * i, `${i + 1}  ${fitted(pointText(plan), width - 20)}`),
  );
  const shows = `${plans[0]?.graph.name ?? ""}: instructions added to an inference, against bytes of arena`;
  return drawing(left + width + 40, top + height + 64 + lineHeight * plans.length, left, shows, [
    ...vertical,
    ...horizontal,
    `<path d="${stairs.join("")}" fill="none" stroke="#36c"/>`,
    ...points,
    label(left + width, top + height + 34, "bytes of arena", "end"),
    ...list,
  ]);
}

/** What a point costs, and what runs by rows there. */
function pointText(plan: Plan): string {
  const rows = rowSteps(plan).join(", ") || "whole tensors";
  const again = plan.recomputedMacs > 0 ? `, ${grouped(plan.recomputedMacs)} MACs again` : "";
  return `${grouped(plan.arenaBytes)} bytes, ${grouped(plan.overhead)} instructions added${again}: ${rows}`;
}
