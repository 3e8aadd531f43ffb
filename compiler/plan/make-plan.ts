/** IntegerGraph to Plan: chooses the steps, and places everything that lives in one arena. */

import type { Core } from "../../targets/core.js";
import type { IntegerGraph } from "../ir/integer-graph.js";
import { type Candidate, candidatesOf, wholeNodes } from "./candidates.js";
import { type Forms, leastScratch } from "./forms.js";
import { type InputOptions, type InputPlaces, inputPlaces, refuseStream } from "./input-places.js";
import { livesOf } from "./liveness.js";
import { orderForMemory } from "./order.js";
import { macsOf } from "./overhead.js";
import { type Owner, type Pieces, piecesOf } from "./pieces.js";
import { largestSet, type Placement, place } from "./placement.js";
import { arenaAlignment, type Plan } from "./plan.js";
import { peakOf, Schedules } from "./schedule.js";
import { fasterForms } from "./scratch.js";
import { hasViews } from "./views.js";

/** What a plan is to reach. */
export interface PlanOptions extends InputOptions {
  /** `memory`: the fewest bytes. `speed`, the default: the fewest instructions within `sramBytes`. */
  readonly optimize?: "speed" | "memory" | undefined;
  /** Bytes the arena may take; no limit unless given. */
  readonly sramBytes?: number | undefined;
  /** Bytes that weights and code may take; algorithms that take fewer instructions for more weights are chosen within them. */
  readonly flashBytes?: number | undefined;
  /** Percent of the graph's multiply-accumulate operations that may be done again, in strips of columns; none unless given. */
  readonly maxRecompute?: number | undefined;
  /** Whose kernels are to have room for their scratch; any core's unless given. */
  readonly core?: Core | undefined;
  /** The graph's nodes that are by algorithms of more flash, with the others that they may have. */
  readonly forms?: Forms | undefined;
}

/**
 * Plans a graph in its given order, or in one that needs less memory on whole tensors, with parts of tensors in place or copied,
 * whichever plan is better. Where nothing fits `sramBytes` the plan is the smallest there is; see checkFit. Throws QC6001 where rows of the input cannot be taken in
 * one by one.
 */
export function makePlan(graph: IntegerGraph, options: PlanOptions = {}): Plan {
  const room = options.optimize === "memory" ? 0 : (options.sramBytes ?? Infinity);
  const excess = (plan: Plan) => Math.max(0, plan.arenaBytes - room);
  let best: Plan | undefined;
  for (const { order, views } of waysOf(graph, options)) {
    // Copies take instructions, and are for less memory alone.
    if (best && !views && hasViews(order) && best.overhead === 0 && excess(best) === 0) continue;
    const plan = planInOrder(order, options, views);
    const difference =
      best && (excess(plan) - excess(best) || plan.overhead - best.overhead || plan.arenaBytes - best.arenaBytes);
    if (difference === undefined || difference < 0) best = plan;
  }
  return best!;
}

interface Way {
  readonly order: IntegerGraph;
  /** See InputPlaces. */
  readonly views: boolean;
}

/** The graph in its own order and in the best other; with views, where it has any, and without. */
function waysOf(graph: IntegerGraph, options: PlanOptions): Way[] {
  // How rows arrive hangs on the order as well.
  const orders = options.streamInput ? [graph] : new Set([graph, orderForMemory(graph, options.core)]);
  const views = hasViews(graph) ? [true, false] : [false];
  return [...orders].flatMap((order) => views.map((each) => ({ order, views: each })));
}

/** Nodes take their fastest kernels, or where memory does not suffice for these, some that need less scratch. */
function planInOrder(graph: IntegerGraph, options: PlanOptions, views: boolean): Plan {
  const places = { ...inputPlaces(graph, options), views };
  const room = options.sramBytes ?? Infinity;
  const fastest = options.optimize === "memory" ? undefined : planByForms(graph, places, options);
  const sure = fastest && fastest.arenaBytes <= room && (fastest.overhead === 0 || !options.forms);
  if (sure) return fastest;
  const frugal = leastScratch(graph, options.core, options.forms);
  if (!frugal) return fastest ?? planByForms(graph, places, options);
  const plan = planByForms(frugal.graph, places, options, frugal.forms);
  if (!fastest) return plan;
  const fits = ({ arenaBytes }: Plan) => arenaBytes <= room;
  if (fits(fastest) && fits(plan)) return fastest.overhead <= plan.overhead ? fastest : plan;
  return fastest.arenaBytes <= plan.arenaBytes ? fastest : plan;
}

/** Nodes by the fastest of the given forms that find their scratch; without, as they are. */
function planByForms(graph: IntegerGraph, places: InputPlaces, options: PlanOptions, forms?: Forms): Plan {
  const { core } = options;
  const room = options.optimize === "memory" ? 0 : (options.sramBytes ?? Infinity);
  const placed = (steps: readonly Candidate[]) => planOf(graph, steps, places, core, forms && { forms, room });
  if (options.optimize !== "memory" && places.streamed.size === 0) {
    const whole = wholeNodes(graph, places, core);
    if (peakOf(whole) <= room) return placed(whole);
  }
  const schedules = schedulesOf(graph, places, options, forms);
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
export function planFrontier(graph: IntegerGraph, options: Omit<PlanOptions, "optimize" | "sramBytes"> = {}): Plan[] {
  const plans = waysOf(graph, options).flatMap(({ order, views }) => {
    const places = { ...inputPlaces(order, options), views };
    const frugal = leastScratch(order, options.core, options.forms);
    return [{ graph: order, forms: undefined }, ...(frugal ? [frugal] : [])].flatMap(({ graph: each, forms }) => {
      const schedules = schedulesOf(each, places, options, forms).frontier();
      return schedules.map((steps) => planOf(each, steps, places, options.core, forms && { forms, room: 0 }));
    });
  });
  plans.sort((a, b) => a.overhead - b.overhead || a.arenaBytes - b.arenaBytes);
  return plans.filter((plan, i) => plans.slice(0, i).every((faster) => faster.arenaBytes > plan.arenaBytes));
}

/** The schedules of a graph by the fastest forms there are, or by the slowest of given ones, whose cost is added later. */
function schedulesOf(graph: IntegerGraph, places: InputPlaces, options: PlanOptions, slowest?: Forms): Schedules {
  const { core, maxRecompute = 0 } = options;
  const mostRecomputed = Math.floor((macsOf(graph) * maxRecompute) / 100);
  const candidates = candidatesOf(graph, places, core, mostRecomputed, slowest ? undefined : options.forms);
  return new Schedules(candidates, graph.nodes.length, mostRecomputed);
}

/**
 * The Plan of given steps, which were made for the same places and core. Where nodes have several `forms`, the graph has those of
 * least scratch; they get faster ones as far as the arena, or `room`, allows.
 */
export function planOf(
  graph: IntegerGraph,
  steps: readonly Candidate[],
  places: InputPlaces,
  core?: Core,
  faster?: { readonly forms: Forms; readonly room: number },
): Plan {
  const pieces = piecesOf(graph, steps, places, core);
  const placement = place(pieces.problem, arenaAlignment);
  const lives = livesOf(graph);
  const outside = graph.tensors.filter((tensor) => places.external.has(lives.get(tensor)?.tensor ?? tensor));
  const external = new Set(outside.map(({ id }) => id));
  if (!faster) return { core, external, ...assemble(graph, steps, pieces, placement, 0) };
  const limit = Math.max(faster.room, placement.bytes);
  const placed = fasterForms(graph, faster.forms, steps, { pieces, placement }, limit, core);
  return { core, external, ...assemble(placed.graph, steps, placed.pieces, placed.placement, placed.added) };
}

function assemble(
  graph: IntegerGraph,
  steps: readonly Candidate[],
  pieces: Pieces,
  placement: Placement,
  added: number,
): Omit<Plan, "core" | "external"> {
  const offsets = new Map<number, number>();
  const scratch = new Map<number, number>();
  pieces.owners.forEach((owner, i) => {
    for (const tensor of owner.tensors) {
      offsets.set(tensor.id, placement.offsets[i]! + (owner.places?.get(tensor) ?? 0));
    }
    if (owner.scratchOf !== undefined) scratch.set(owner.scratchOf, placement.offsets[i]!);
  });
  const { set } = largestSet(pieces.problem);
  const step = pieces.stepOfSet[set] ?? -1;
  const rows = new Map(steps.flatMap(({ group }) => [...(group?.rows ?? [])]));
  const kind = ({ scratchOf, tensors }: Owner) =>
    scratchOf !== undefined ? "scratch" : tensors.some(({ id }) => rows.has(id)) ? "rows" : "tensor";
  return {
    graph,
    steps: steps.map(({ first, group }) =>
      group
        ? {
            kind: "rows",
            nodes: group.stages.map(({ index }) => index),
            events: group.events,
            ...(group.strips && { strips: group.strips }),
          }
        : { kind: "node", node: first },
    ),
    arenaBytes: placement.bytes,
    offsets,
    overlays: new Map(steps.flatMap(({ group }) => [...(group?.overlays ?? [])])),
    rows,
    scratch,
    lowerBound: placement.lowerBound,
    overhead: steps.reduce((sum, { overhead }) => sum + overhead, added),
    recomputedMacs: steps.reduce((sum, { recomputedMacs }) => sum + recomputedMacs, 0),
    peak: {
      node: graph.nodes[steps[Math.max(step, 0)]?.first ?? 0]?.name ?? graph.name,
      tensors: (pieces.problem.together[set] ?? []).flatMap((i) => pieces.owners[i]!.tensors.slice(0, 1)),
    },
    pieces: pieces.owners.flatMap((owner, i) => {
      const { name, start, end } = owner;
      const [offset, bytes] = [placement.offsets[i]!, pieces.problem.sizes[i]!];
      return bytes > 0 ? [{ name, kind: kind(owner), start, end, offset, bytes }] : [];
    }),
  };
}
