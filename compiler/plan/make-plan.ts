/** IntegerGraph to Plan: chooses the steps, and places everything that lives in one arena. */

import type { Core } from "../../targets/core.js";
import { fail } from "../diagnostics.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { type Candidate, candidatesOf, wholeNodes } from "./candidates.js";
import { orderForMemory } from "./order.js";
import { type Pieces, piecesOf } from "./pieces.js";
import { largestSet, type Placement, place } from "./placement.js";
import { arenaAlignment, type Plan } from "./plan.js";
import { peakOf, Schedules } from "./schedule.js";
import { type Forms, fasterForms, leastScratch } from "./scratch.js";

/** What a plan is to reach. */
export interface PlanOptions {
  /** `memory`: the fewest bytes. `speed`, the default: the fewest instructions within `sramBytes`. */
  readonly optimize?: "speed" | "memory" | undefined;
  /** Bytes the arena may take; no limit unless given. */
  readonly sramBytes?: number | undefined;
  /** Bytes that weights and code may take; algorithms that take fewer instructions for more weights are chosen within them. */
  readonly flashBytes?: number | undefined;
  /** The caller hands over the only input row by row, so that it never lies in the arena whole. */
  readonly streamInput?: boolean | undefined;
  /** Whose kernels are to have room for their scratch; any core's unless given. */
  readonly core?: Core | undefined;
}

/**
 * Plans a graph in its given order, or in one that needs less memory on whole tensors, whichever plan is better. Where nothing
 * fits `sramBytes` the plan is the smallest there is; see checkFit. Throws QC6001 where rows of the input cannot be taken in
 * one by one.
 */
export function makePlan(graph: IntegerGraph, options: PlanOptions = {}): Plan {
  const given = planInOrder(graph, options);
  const ordered = orderForMemory(graph);
  // How rows arrive hangs on the order as well.
  if (ordered === graph || options.streamInput) return given;
  const other = planInOrder(ordered, options);
  const room = options.optimize === "memory" ? 0 : (options.sramBytes ?? Infinity);
  const excess = (plan: Plan) => Math.max(0, plan.arenaBytes - room);
  const difference =
    excess(other) - excess(given) || other.overhead - given.overhead || other.arenaBytes - given.arenaBytes;
  return difference < 0 ? other : given;
}

/** Nodes take their fastest kernels, or where memory does not suffice for these, some that need less scratch. */
function planInOrder(graph: IntegerGraph, options: PlanOptions): Plan {
  const fastest = options.optimize === "memory" ? undefined : planByForms(graph, options);
  if (fastest && fastest.arenaBytes <= (options.sramBytes ?? Infinity)) return fastest;
  const frugal = leastScratch(graph, options.core);
  if (!frugal) return fastest ?? planByForms(graph, options);
  const plan = planByForms(frugal.graph, options, frugal.forms);
  return fastest && fastest.arenaBytes <= plan.arenaBytes ? fastest : plan;
}

function planByForms(graph: IntegerGraph, options: PlanOptions, forms?: Forms): Plan {
  const { core } = options;
  const placed = (steps: readonly Candidate[]) => planOf(graph, steps, streamed, core, forms && { forms, room });
  const streamed = streamedOf(graph, options.streamInput);
  const room = options.optimize === "memory" ? 0 : (options.sramBytes ?? Infinity);
  if (options.optimize !== "memory" && streamed.size === 0) {
    const whole = wholeNodes(graph, core);
    if (peakOf(whole) <= room) return placed(whole);
  }
  const schedules = new Schedules(candidatesOf(graph, streamed, core), graph.nodes.length);
  const smallest = schedules.smallest() ?? refuseStream(graph);
  const least = peakOf(smallest);
  let limit = Math.max(room, least);
  let best = placed(schedules.cheapest(limit)!);
  // Where a placement misses its bound, a schedule with more room to spare may still fit.
  while (best.arenaBytes > room && best.arenaBytes > least && limit > least) {
    limit = Math.max(least, limit - Math.ceil((best.arenaBytes - room) / arenaAlignment) * arenaAlignment);
    const next = placed(schedules.cheapest(limit)!);
    if (next.arenaBytes < best.arenaBytes) best = next;
  }
  // The schedule with the least bound may have no placement near it, when one with a greater bound has.
  const others = best.arenaBytes > Math.max(room, least) ? schedules.frontier().reverse() : [];
  for (const steps of others.filter((candidate) => peakOf(candidate) > least)) {
    if (best.arenaBytes <= Math.max(room, peakOf(steps))) break;
    const next = placed(steps);
    if (next.arenaBytes < best.arenaBytes) best = next;
  }
  return best;
}

/** Plans that no other beats in both bytes and added instructions, the fastest first. */
export function planFrontier(
  graph: IntegerGraph,
  { streamInput, core }: Pick<PlanOptions, "streamInput" | "core"> = {},
): Plan[] {
  const streamed = streamedOf(graph, streamInput);
  const orders = streamed.size > 0 ? [graph] : [...new Set([graph, orderForMemory(graph)])];
  const plans = orders.flatMap((order) =>
    new Schedules(candidatesOf(order, streamed, core), graph.nodes.length)
      .frontier()
      .map((steps) => planOf(order, steps, streamed, core)),
  );
  plans.sort((a, b) => a.overhead - b.overhead || a.arenaBytes - b.arenaBytes);
  return plans.filter((plan, i) => plans.slice(0, i).every((faster) => faster.arenaBytes > plan.arenaBytes));
}

/** The input that comes row by row: the only one, which must be read, and not be an output as well. */
function streamedOf(graph: IntegerGraph, streamInput: boolean | undefined): ReadonlySet<IntegerTensor> {
  if (!streamInput) return new Set();
  const [input, ...others] = graph.inputs;
  const read = graph.nodes.some(({ inputs }) => inputs.includes(input!));
  if (others.length > 0 || !read || graph.outputs.includes(input!)) refuseStream(graph);
  return new Set(graph.inputs);
}

function refuseStream({ nodes, inputs }: IntegerGraph): never {
  const first = nodes.find((node) => inputs.some((input) => node.inputs.includes(input)));
  return fail(
    "QC6001",
    `--stream-input: '${first?.name ?? inputs[0]!.name}' needs the whole input; expected one input [1, height, width, channels] whose first layers slide over its rows.`,
  );
}

/**
 * The Plan of given steps, which were made for the same core. Where nodes have several `forms`, the graph has those of least
 * scratch; they get faster ones as far as the arena, or `room`, allows.
 */
export function planOf(
  graph: IntegerGraph,
  steps: readonly Candidate[],
  streamed: ReadonlySet<IntegerTensor>,
  core?: Core,
  faster?: { readonly forms: Forms; readonly room: number },
): Plan {
  const pieces = piecesOf(graph, steps, streamed, core);
  const placement = place(pieces.problem, arenaAlignment);
  if (!faster) return { core, ...assemble(graph, steps, pieces, placement, 0) };
  const limit = Math.max(faster.room, placement.bytes);
  const placed = fasterForms(graph, faster.forms, steps, { pieces, placement }, limit, core);
  return { core, ...assemble(placed.graph, steps, placed.pieces, placed.placement, placed.added) };
}

function assemble(
  graph: IntegerGraph,
  steps: readonly Candidate[],
  pieces: Pieces,
  placement: Placement,
  added: number,
): Omit<Plan, "core"> {
  const offsets = new Map<number, number>();
  const scratch = new Map<number, number>();
  pieces.owners.forEach((owner, i) => {
    for (const { id } of owner.tensors) offsets.set(id, placement.offsets[i]!);
    if (owner.scratchOf !== undefined) scratch.set(owner.scratchOf, placement.offsets[i]!);
  });
  const { set } = largestSet(pieces.problem);
  const step = pieces.stepOfSet[set] ?? -1;
  return {
    graph,
    steps: steps.map(({ first, group }) =>
      group
        ? { kind: "rows", nodes: group.stages.map(({ index }) => index), events: group.events }
        : { kind: "node", node: first },
    ),
    arenaBytes: placement.bytes,
    offsets,
    rows: new Map(steps.flatMap(({ group }) => [...(group?.rows ?? [])])),
    scratch,
    lowerBound: placement.lowerBound,
    overhead: steps.reduce((sum, { overhead }) => sum + overhead, added),
    peak: {
      node: graph.nodes[steps[Math.max(step, 0)]?.first ?? 0]?.name ?? graph.name,
      tensors: (pieces.problem.together[set] ?? []).flatMap((i) => pieces.owners[i]!.tensors.slice(0, 1)),
    },
    pieces: pieces.owners.map(({ name, start, end }, i) => ({
      name,
      start,
      end,
      offset: placement.offsets[i]!,
      bytes: pieces.problem.sizes[i]!,
    })),
  };
}
