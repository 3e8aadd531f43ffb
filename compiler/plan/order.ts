/**
 * The order of nodes that needs the fewest bytes on whole tensors: dynamic programming over the sets of nodes already run,
 * after Ahn et al., "Ordering Chaos: Memory-Aware Scheduling of Irregularly Wired Neural Networks for Edge Devices", MLSys 2020.
 * What lives after a set of nodes does not depend on the order in which they ran.
 */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import { livesOf, tensorBytes } from "./liveness.js";
import { aligned } from "./plan.js";

/** Sets extended, of all sizes together. Of each size those of the least peak come first; where not all do, the order may miss the optimum. */
const searchSteps = 40_000;

/** The graph in an order of a lower peak than its own, with the scratch of that core or of any; the very same graph when there is none. */
export function orderForMemory(graph: IntegerGraph, core?: Core): IntegerGraph {
  const flow = flowOf(graph, core);
  const given = graph.nodes.map((_, node) => node);
  const peak = given.reduce<State>((state, node) => step(flow, state, node), begin(flow)).peak;
  if (peak === flow.leastPeak) return graph;
  const order = betterOrder(flow, peak);
  return order ? { ...graph, nodes: order.map((node) => graph.nodes[node]!) } : graph;
}

/** Bytes by number; a piece is a tensor with its aliases. */
interface Flow {
  readonly sizes: readonly number[];
  /** How often the graph reads a piece, and once more for outputs. */
  readonly reads: readonly number[];
  /** The pieces that a node reads, each once, with how many of the reads are its own. */
  readonly inputs: readonly (readonly { readonly piece: number; readonly reads: number }[])[];
  /** The piece that a node writes; undefined for aliases. */
  readonly output: readonly (number | undefined)[];
  /** Pieces that a node may overwrite, once nobody else reads them. */
  readonly overwrites: readonly (readonly number[])[];
  readonly scratch: readonly number[];
  /** Nodes that must run before. */
  readonly needs: readonly (readonly number[])[];
  readonly given: readonly number[];
  /** The most that any node needs for itself: no order is below it. */
  readonly leastPeak: number;
}

function flowOf(graph: IntegerGraph, core?: Core): Flow {
  const lives = livesOf(graph);
  const pieces = [...new Set(lives.values())];
  const numberOf = new Map(pieces.map((life, piece) => [life, piece]));
  const pieceOf = (tensor: IntegerTensor) => numberOf.get(lives.get(tensor)!)!;
  const sizes = pieces.map(({ tensor }) => aligned(tensorBytes(tensor)));
  const reads = pieces.map(() => 0);
  const maker = new Map(graph.nodes.map(({ output }, node) => [output, node]));
  const inputs = graph.nodes.map((node) => {
    const own = new Map<number, number>();
    for (const piece of node.inputs.map(pieceOf)) own.set(piece, (own.get(piece) ?? 0) + 1);
    for (const [piece, count] of own) reads[piece]! += count;
    return [...own].map(([piece, count]) => ({ piece, reads: count }));
  });
  for (const output of graph.outputs) reads[pieceOf(output)]! += 1;
  const homes = graph.nodes.map(({ op }) => opHomes.get(op)!);
  const output = graph.nodes.map((node, i) => (homes[i]!.alias ? undefined : pieceOf(node.output)));
  const overwrites = graph.nodes.map((node, i) =>
    node.inputs
      .filter((input, k) => homes[i]!.inPlace?.(node, k) === true && tensorBytes(input) === tensorBytes(node.output))
      .map(pieceOf),
  );
  const scratch = graph.nodes.map((node, i) => aligned(homes[i]!.scratchBytes?.(node, core) ?? 0));
  const needs = graph.nodes.map((node) => node.inputs.flatMap((input) => maker.get(input) ?? []));
  const own = graph.nodes.map((_, node) => {
    const written = output[node] === undefined || overwrites[node]!.length > 0 ? 0 : sizes[output[node]!]!;
    return inputs[node]!.reduce((sum, { piece }) => sum + sizes[piece]!, written + scratch[node]!);
  });
  const given = graph.inputs.map(pieceOf);
  const leastPeak = Math.max(
    0,
    ...own,
    given.reduce((sum, piece) => sum + sizes[piece]!, 0),
  );
  return { sizes, reads, inputs, output, overwrites, scratch, needs, given, leastPeak };
}

/** After some nodes have run. */
interface State {
  /** Nodes that ran, by number. */
  readonly ran: readonly boolean[];
  /** Reads still to come, by piece; undefined before a piece is written. */
  readonly left: readonly (number | undefined)[];
  readonly live: number;
  readonly peak: number;
  readonly last?: { readonly node: number; readonly before: State };
}

function begin({ sizes, reads, given, needs }: Flow): State {
  const left = sizes.map((_, piece) => (given.includes(piece) ? reads[piece] : undefined));
  const sum = (pieces: readonly number[]) => pieces.reduce((bytes, piece) => bytes + sizes[piece]!, 0);
  const live = sum(given.filter((piece) => reads[piece]! > 0));
  return { ran: needs.map(() => false), left, live, peak: sum(given) };
}

function step(flow: Flow, state: State, node: number): State {
  const { sizes, reads, inputs, output, overwrites, scratch } = flow;
  const left = [...state.left];
  for (const { piece, reads: own } of inputs[node]!) left[piece]! -= own;
  const written = output[node];
  const inPlace = written !== undefined && overwrites[node]!.some((piece) => left[piece] === 0);
  const size = written === undefined ? 0 : sizes[written]!;
  const peak = Math.max(state.peak, state.live + (inPlace ? 0 : size) + scratch[node]!);
  let live = state.live + size;
  if (written !== undefined) left[written] = reads[written];
  for (const { piece } of inputs[node]!) if (left[piece] === 0) live -= sizes[piece]!;
  // Nobody reads it.
  if (written !== undefined && reads[written] === 0) live -= size;
  const ran = state.ran.map((done, other) => done || other === node);
  return { ran, left, live, peak, last: { node, before: state } };
}

/** An order whose peak is below `limit`; undefined when none was found. */
function betterOrder(flow: Flow, limit: number): number[] | undefined {
  const perSize = Math.ceil(searchSteps / flow.needs.length);
  let states: State[] = [begin(flow)];
  for (const _ of flow.needs) {
    const next = new Map<string, State>();
    let steps = 0;
    for (const state of states.sort((a, b) => a.peak - b.peak || a.live - b.live)) {
      if (steps > perSize) break;
      for (const node of readyNodes(flow, state)) {
        const after = step(flow, state, node);
        steps++;
        if (after.peak >= limit) continue;
        const key = after.ran.map(Number).join("");
        if (after.peak < (next.get(key)?.peak ?? Infinity)) next.set(key, after);
      }
    }
    states = [...next.values()];
  }
  const [best] = states;
  if (!best) return undefined;
  const order: number[] = [];
  for (let { last } = best; last; last = last.before.last) order.unshift(last.node);
  return order;
}

const readyNodes = ({ needs }: Flow, { ran }: State) =>
  needs.flatMap((before, node) => (!ran[node] && before.every((other) => ran[other]) ? [node] : []));
