/** IntegerGraph to Plan: places every buffer in one arena. */
import type { IntegerGraph } from "../ir/integer-graph.js";
import { buffersOf } from "./liveness.js";
import { liveBound, place } from "./placement.js";
import type { Plan } from "./plan.js";

/** Plans a graph in its given order, each layer on whole tensors. */
export function makePlan(graph: IntegerGraph): Plan {
  const buffers = buffersOf(graph);
  const { offsets: placed, bytes } = place(buffers);
  const offsets = new Map<number, number>();
  const scratch = new Map<number, number>();
  buffers.forEach((buffer, i) => {
    for (const tensor of buffer.tensors) offsets.set(tensor.id, placed[i]!);
    if (buffer.scratchOf !== undefined) scratch.set(buffer.scratchOf, placed[i]!);
  });
  const bound = liveBound(buffers);
  const alive = buffers.filter(({ start, end }) => start <= bound.step && bound.step <= end);
  return {
    graph,
    arenaBytes: bytes,
    offsets,
    scratch,
    lowerBound: bound.bytes,
    peak: {
      node: graph.nodes[Math.max(bound.step, 0)]?.name ?? graph.name,
      tensors: alive.flatMap((buffer) => buffer.tensors.slice(0, 1)),
    },
  };
}
