/** The stream network of a graph: stages, forks where a tensor has several consumers, FIFOs in front of joins. */
import { elementCount, type IntegerGraph, type IntegerTensor } from "../../compiler/ir/index.js";
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

export interface Stream {
  readonly name: string;
  readonly bits: number;
}

export interface Network {
  readonly streams: readonly Stream[];
  /** Streams of the graph's inputs and outputs, in its order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly stages: readonly PlacedStage[];
  readonly forks: readonly { readonly input: string; readonly outputs: readonly string[] }[];
  readonly fifos: readonly {
    readonly input: string;
    readonly output: string;
    readonly bits: number;
    readonly depth: number;
  }[];
  /** Streams that nothing reads. */
  readonly unread: readonly string[];
  /** Streams to watch, with the tensor each carries. */
  readonly traces: readonly { readonly stream: string; readonly tensor: IntegerTensor }[];
}

interface Placed {
  readonly index: number;
  readonly stage: Stage;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly outputCount: number;
}

/** Stages with the tensors they connect; a node without a stage is a wire, its output the tensor that its input is. */
function placeStages(graph: IntegerGraph, foldings: readonly Folding[]): { placed: Placed[]; outputs: number[] } {
  const source = new Map<number, number>();
  const sourceOf = (id: number) => source.get(id) ?? id;
  const placed: Placed[] = [];
  graph.nodes.forEach((node, index) => {
    const stage = loweringOf(node).stage(node, { folding: foldings[index]! });
    const inputs = node.inputs.map((tensor) => sourceOf(tensor.id));
    if (!stage) source.set(node.output.id, inputs[0]!);
    else placed.push({ index, stage, inputs, output: node.output.id, outputCount: elementCount(node.output.shape) });
  });
  return { placed, outputs: graph.outputs.map(({ id }) => sourceOf(id)) };
}

/** Names of the streams that consumers of tensors read, and the forks that make them. */
class Consumers {
  private readonly uses = new Map<number, number>();
  private readonly branches = new Map<number, string[]>();

  constructor(reads: readonly number[]) {
    for (const tensor of reads) this.uses.set(tensor, (this.uses.get(tensor) ?? 0) + 1);
  }

  /** A single consumer reads the tensor's own stream, several read the branches of a fork. */
  consume(tensor: number): string {
    if (this.uses.get(tensor) === 1) return `t${tensor}`;
    const branches = this.branches.get(tensor) ?? [];
    const stream = `t${tensor}_${branches.length}`;
    this.branches.set(tensor, [...branches, stream]);
    return stream;
  }

  isRead(tensor: number): boolean {
    return this.uses.has(tensor);
  }

  forks(): { tensor: number; input: string; outputs: readonly string[] }[] {
    return [...this.branches].map(([tensor, outputs]) => ({ tensor, input: `t${tensor}`, outputs }));
  }
}

/** Builds the network with one folding per node. */
export function buildNetwork(graph: IntegerGraph, foldings: readonly Folding[]): Network {
  const { placed, outputs } = placeStages(graph, foldings);
  const sources = graph.inputs.map(({ id, shape }) => ({ tensor: id, count: elementCount(shape) }));
  const depths = fifoDepths(placed, sources);
  const consumers = new Consumers([...placed.flatMap((stage) => stage.inputs), ...outputs]);
  const tensors = [...graph.inputs, ...placed.map(({ index }) => graph.nodes[index]!.output)];
  const bitsOf = new Map(tensors.map(({ id, type }) => [id, type.bits]));

  const fifos: Network["fifos"][number][] = [];
  const operands: (PlacedStage & { readonly bits: number })[] = [];
  const stages = placed.map(({ index, stage, inputs, output: result }, at): PlacedStage => {
    const { op } = graph.nodes[index]!;
    const streams = inputs.map((tensor, port) => {
      const stream = consumers.consume(tensor);
      const depth = depths[at]![port]!;
      if (depth === 0) return stream;
      fifos.push({ input: stream, output: `${stream}_fifo`, bits: bitsOf.get(tensor)!, depth });
      return `${stream}_fifo`;
    });
    const { pe, simd } = foldings[index]!;
    const instance = `n${index}_${op.replace(/[^a-z0-9]/g, "_")}`;
    const { operand } = stage;
    if (operand) {
      const made = `t${result}_operand`;
      operands.push({
        instance: `${instance}_operand`,
        comment: `second operand of ${instance}`,
        stage: { ...operand, parameters: { BITS: operand.bits, ...operand.parameters } },
        inputs: streams.slice(1),
        output: made,
        bits: operand.bits,
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
  const outputStreams = outputs.map((tensor) => consumers.consume(tensor));
  const forks = consumers.forks();
  return {
    streams: [
      ...tensors.map(({ id, type }) => ({ name: `t${id}`, bits: type.bits })),
      ...forks.flatMap((fork) => fork.outputs.map((name) => ({ name, bits: bitsOf.get(fork.tensor)! }))),
      ...fifos.map(({ output, bits }) => ({ name: output, bits })),
      ...operands.map(({ output, bits }) => ({ name: output, bits })),
    ],
    inputs: graph.inputs.map(({ id }) => `t${id}`),
    outputs: outputStreams,
    stages: [...operands, ...stages],
    forks,
    fifos,
    unread: tensors.filter(({ id }) => !consumers.isRead(id)).map(({ id }) => `t${id}`),
    traces: tensors.map((tensor) => ({ stream: `t${tensor.id}`, tensor })),
  };
}
