/** The stream network of a graph: stages, forks where a tensor has several consumers, FIFOs in front of joins. */
import { type IntegerGraph, elementCount } from "../../compiler/ir/index.js";
import { type Arrival, fifoDepth, inputArrival, stageArrival } from "./fifo-depth.js";
import type { Folding, Stage } from "./lowering.js";
import { loweringOf } from "./lowerings.js";

export interface PlacedStage {
  readonly instance: string;
  readonly comment: string;
  readonly stage: Stage;
  /** Stream names. */
  readonly inputs: readonly string[];
  readonly output: string;
}

export interface Network {
  readonly streams: readonly string[];
  readonly input: string;
  readonly output: string;
  readonly stages: readonly PlacedStage[];
  readonly forks: readonly { readonly input: string; readonly outputs: readonly string[] }[];
  readonly fifos: readonly { readonly input: string; readonly output: string; readonly depth: number }[];
  /** Streams to watch, with the id of the tensor each carries. */
  readonly traces: readonly { readonly stream: string; readonly tensor: number }[];
}

interface Edge {
  readonly stream: string;
  readonly tensor: number;
}

/** Builds the network with one folding per node. */
export function buildNetwork(graph: IntegerGraph, foldings: readonly Folding[]): Network {
  const stages = graph.nodes.map((node, index) => loweringOf(node).stage(node, { folding: foldings[index]! }));
  // A node without a stage is a wire: its output is the tensor its input is.
  const source = new Map<number, number>();
  const sourceOf = (id: number) => source.get(id) ?? id;
  graph.nodes.forEach((node, index) => {
    if (!stages[index]) source.set(node.output.id, sourceOf(node.inputs[0]!.id));
  });

  const edges: Edge[] = [];
  const consumers = new Map<number, Edge[]>();
  const consume = (id: number): Edge => {
    const tensor = sourceOf(id);
    const list = consumers.get(tensor) ?? [];
    const edge = { stream: `t${tensor}_${list.length}`, tensor };
    consumers.set(tensor, [...list, edge]);
    edges.push(edge);
    return edge;
  };

  const arrivals = new Map<number, Arrival>();
  const input = graph.inputs[0]!;
  arrivals.set(input.id, inputArrival(elementCount(input.shape)));
  const placed: PlacedStage[] = [];
  const fifos: Network["fifos"][number][] = [];
  graph.nodes.forEach((node, index) => {
    const stage = stages[index];
    if (!stage) return;
    const inputs = node.inputs.map((tensor) => consume(tensor.id));
    const before = inputs.map((edge) => arrivals.get(edge.tensor)!);
    const arrival = stageArrival(before, elementCount(node.output.shape), stage);
    arrivals.set(node.output.id, arrival);
    const streams = inputs.map((edge, at) => {
      const depth = inputs.length > 1 ? fifoDepth(before[at]!, arrival) : 0;
      if (depth === 0) return edge.stream;
      fifos.push({ input: edge.stream, output: `${edge.stream}_fifo`, depth });
      return `${edge.stream}_fifo`;
    });
    placed.push({
      instance: `n${index}_${node.op.replace(/[^a-z0-9]/g, "_")}`,
      comment: `${node.op}: ${foldings[index]!.pe} outputs x ${foldings[index]!.simd} inputs per cycle`,
      stage,
      inputs: streams,
      output: `t${node.output.id}`,
    });
  });
  const last = consume(graph.outputs[0]!.id);

  // A single consumer reads the tensor's own stream.
  const forks: Network["forks"][number][] = [];
  const rename = new Map<string, string>();
  for (const [tensor, list] of consumers) {
    if (list.length === 1) rename.set(list[0]!.stream, `t${tensor}`);
    else forks.push({ input: `t${tensor}`, outputs: list.map((edge) => edge.stream) });
  }
  const named = (stream: string) => rename.get(stream) ?? stream;
  const tensors = [input.id, ...placed.map((stage) => Number(stage.output.slice(1)))];
  return {
    streams: [
      ...tensors.map((id) => `t${id}`),
      ...forks.flatMap((fork) => fork.outputs),
      ...fifos.map((fifo) => fifo.output),
    ],
    input: `t${input.id}`,
    output: named(last.stream),
    stages: placed.map((stage) => ({ ...stage, inputs: stage.inputs.map(named) })),
    forks,
    fifos: fifos.map((fifo) => ({ ...fifo, input: named(fifo.input) })),
    traces: tensors.map((id) => ({ stream: `t${id}`, tensor: id })),
  };
}
