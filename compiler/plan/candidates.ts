/** The steps a schedule can be made of: every node alone on whole tensors, and every run of nodes that can pass rows. */
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import { type Life, livesOf, overwritten, tensorBytes } from "./liveness.js";
import { overheadOf } from "./overhead.js";
import { largestSet } from "./placement.js";
import { aligned } from "./plan.js";
import { makeRowGroup, type RowGroup } from "./row-group.js";
import { type Stage, stageOf } from "./stages.js";

/** Nodes first <= index < end as one step. */
export interface Candidate {
  readonly first: number;
  readonly end: number;
  /** Least bytes of the arena while it runs, all that others keep there included. */
  readonly bytes: number;
  /** Instructions that running by rows adds. */
  readonly overhead: number;
  /** Undefined for one node on whole tensors. */
  readonly group?: RowGroup;
}

/** Longest run of nodes tried. */
const longestGroup = 40;

/** All steps, with what they need. Inputs in `streamed` are taken in row by row by the first step. */
export function candidatesOf(graph: IntegerGraph, streamed: ReadonlySet<IntegerTensor>, core?: Core): Candidate[] {
  const lives = livesOf(graph);
  const stages = graph.nodes.map((node, index) => stageOf(node, index, core));
  const found: Candidate[] = [];
  graph.nodes.forEach((node, first) => {
    if (!node.inputs.some((input) => streamed.has(input))) found.push(wholeNode(graph, first, lives, streamed, core));
    for (let end = first + 1; end <= Math.min(first + longestGroup, graph.nodes.length); end++) {
      const members = stages.slice(first, end);
      if (members.some((stage) => !stage)) break;
      const candidate = groupOf(graph, members as Stage[], lives, streamed);
      if (candidate) found.push(candidate);
    }
  });
  return found;
}

/** Every node alone on whole tensors. */
export function wholeNodes(graph: IntegerGraph, core?: Core): Candidate[] {
  const lives = livesOf(graph);
  return graph.nodes.map((_, index) => wholeNode(graph, index, lives, new Set(), core));
}

/** Lives that lie in the arena before and after nodes first <= index < end. */
function around(graph: IntegerGraph, lives: ReadonlyMap<IntegerTensor, Life>, first: number, end: number): Life[] {
  const unique = new Set(graph.tensors.flatMap((tensor) => lives.get(tensor) ?? []));
  return [...unique].filter((life) => life.start < first && life.end >= end);
}

function wholeNode(
  graph: IntegerGraph,
  index: number,
  lives: ReadonlyMap<IntegerTensor, Life>,
  streamed: ReadonlySet<IntegerTensor>,
  core: Core | undefined,
): Candidate {
  const node = graph.nodes[index]!;
  const home = opHomes.get(node.op)!;
  const alive = around(graph, lives, index, index).filter(({ tensor }) => !streamed.has(tensor));
  let bytes = alive.reduce((sum, { tensor }) => sum + aligned(tensorBytes(tensor)), 0);
  if (!home.alias && !overwritten(node, index, lives)) bytes += aligned(tensorBytes(node.output));
  bytes += aligned(home.scratchBytes?.(node, core) ?? 0);
  return { first: index, end: index + 1, bytes, overhead: 0 };
}

function groupOf(
  graph: IntegerGraph,
  stages: readonly Stage[],
  lives: ReadonlyMap<IntegerTensor, Life>,
  streamed: ReadonlySet<IntegerTensor>,
): Candidate | undefined {
  const first = stages[0]!.index;
  const end = first + stages.length;
  const later = (tensor: IntegerTensor) =>
    lives.get(tensor)!.end >= end || lives.get(tensor)!.end === lives.get(tensor)!.start;
  const reads = stages.some(({ node }) => node.inputs.some((input) => streamed.has(input)));
  // A streamed input passes through the first step alone.
  if (reads && (first > 0 || [...streamed].some((input) => lives.get(input)!.end >= end))) return undefined;
  const group = makeRowGroup(stages, later, streamed);
  const kept = around(graph, lives, first, end).filter(({ tensor }) => !streamed.has(tensor));
  const inputs = group.inputs.filter((input) => lives.get(input)!.end < end);
  const sizes = [...inputs, ...group.outputs].map((tensor) => aligned(tensorBytes(tensor)));
  sizes.push(...group.inner.map(({ bytes }) => aligned(bytes)));
  const chasers = [...group.outputs, ...group.inner.keys()];
  const chases = chasers.flatMap((chaser, c) =>
    inputs.map((input, i) => ({
      input: i,
      output: inputs.length + c,
      distance: Math.max(0, aligned(group.distance(input, chaser))),
    })),
  );
  const whole = [...inputs, ...group.outputs].map((_, i) => i);
  const together = group.together.map((set) => [...whole, ...set.map((i) => whole.length + i)]);
  const resident = kept.reduce((sum, { tensor }) => sum + aligned(tensorBytes(tensor)), 0);
  const bytes = resident + largestSet({ sizes, together, chases }).bytes;
  return { first, end, bytes, overhead: overheadOf(group), group };
}
