/** The stream network of a graph: stages, forks where a tensor has several consumers, FIFOs in front of joins. */
import { elementCount, type IntegerGraph } from "../../compiler/ir/index.js";
import { fifoDepths } from "./fifo-depth.js";
import type { Folding, Stage } from "./lowering.js";
import { loweringOf } from "./lowerings.js";

export interface PlacedStage {
  readonly instance: string;
  readonly comment: string;
  readonly stage: Pick<Stage, "module" | "parameters" | "bundled" | "memories">;
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

interface Placed {
  readonly index: number;
  readonly stage: Stage;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly outputCount: number;
}

/** Stages with the tensors they connect; a node without a stage is a wire, its output the tensor that its input is. */
function placeStages(graph: IntegerGraph, foldings: readonly Folding[]): { placed: Placed[]; output: number } {
  const source = new Map<number, number>();
  const sourceOf = (id: number) => source.get(id) ?? id;
  const placed: Placed[] = [];
  graph.nodes.forEach((node, index) => {
    const stage = loweringOf(node).stage(node, { folding: foldings[index]! });
    const inputs = node.inputs.map((tensor) => sourceOf(tensor.id));
    if (!stage) source.set(node.output.id, inputs[0]!);
    else placed.push({ index, stage, inputs, output: node.output.id, outputCount: elementCount(node.output.shape) });
  });
  return { placed, output: sourceOf(graph.outputs[0]!.id) };
}

/** Builds the network with one folding per node. */
export function buildNetwork(graph: IntegerGraph, foldings: readonly Folding[]): Network {
  const input = graph.inputs[0]!;
  const { placed, output } = placeStages(graph, foldings);
  const depths = fifoDepths(placed, input.id, elementCount(input.shape));

  const uses = new Map<number, number>();
  for (const tensor of [...placed.flatMap((stage) => stage.inputs), output]) {
    uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  }
  const forks = new Map<number, string[]>();
  // A single consumer reads the tensor's own stream, several read the branches of a fork.
  const consume = (tensor: number): string => {
    if (uses.get(tensor) === 1) return `t${tensor}`;
    const branches = forks.get(tensor) ?? [];
    const stream = `t${tensor}_${branches.length}`;
    forks.set(tensor, [...branches, stream]);
    return stream;
  };
  const fifos: Network["fifos"][number][] = [];
  const operands: PlacedStage[] = [];
  const stages = placed.map(({ index, stage, inputs, output: result }, at): PlacedStage => {
    const { op } = graph.nodes[index]!;
    const streams = inputs.map((tensor, port) => {
      const stream = consume(tensor);
      const depth = depths[at]![port]!;
      if (depth === 0) return stream;
      fifos.push({ input: stream, output: `${stream}_fifo`, depth });
      return `${stream}_fifo`;
    });
    const { pe, simd } = foldings[index]!;
    const instance = `n${index}_${op.replace(/[^a-z0-9]/g, "_")}`;
    if (stage.operand) {
      const made = `t${result}_operand`;
      const comment = `second operand of ${instance}`;
      operands.push({
        instance: `${instance}_operand`,
        comment,
        stage: stage.operand,
        inputs: streams.slice(1),
        output: made,
      });
      streams.splice(1, 1, made);
    }
    return {
      instance,
      comment: `${op}: ${pe} outputs x ${simd} inputs per cycle`,
      stage,
      inputs: streams,
      output: `t${result}`,
    };
  });
  const last = consume(output);
  const tensors = [input.id, ...placed.map((stage) => stage.output)];
  const branches = [...forks].map(([tensor, outputs]) => ({ input: `t${tensor}`, outputs }));
  return {
    streams: [
      ...tensors.map((id) => `t${id}`),
      ...branches.flatMap((fork) => fork.outputs),
      ...fifos.map((fifo) => fifo.output),
      ...operands.map((operand) => operand.output),
    ],
    input: `t${input.id}`,
    output: last,
    stages: [...operands, ...stages],
    forks: branches,
    fifos,
    traces: tensors.map((id) => ({ stream: `t${id}`, tensor: id })),
  };
}
