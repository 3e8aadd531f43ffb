/** Which tensors share bytes, and from which node to which they live. */
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { bytesPerElement, elementCount } from "../ir/types.js";
import { opHomes } from "../ops/index.js";

/** Bytes of a tensor in the arena, before alignment. */
export function tensorBytes(tensor: IntegerTensor): number {
  return elementCount(tensor.shape) * bytesPerElement(tensor.type);
}

/** Bytes that one or more names (aliases) stand for. */
export interface Life {
  /** The tensor that is written; aliases of it share its bytes. */
  readonly tensor: IntegerTensor;
  /** Index of the node that writes it; -1 for inputs. */
  readonly start: number;
  /** Index of the last node that reads it under any name; the node count for outputs. */
  end: number;
}

/** The lives of a graph in its order, by tensor; aliases have their source's. Those of `external` tensors, the caller's, never end. */
export function livesOf(
  graph: IntegerGraph,
  external: ReadonlySet<IntegerTensor> = new Set(),
): Map<IntegerTensor, Life> {
  const lives = new Map<IntegerTensor, Life>();
  const begin = (tensor: IntegerTensor, start: number) => lives.set(tensor, { tensor, start, end: start });
  for (const input of graph.inputs) begin(input, -1);
  graph.nodes.forEach((node, index) => {
    for (const input of node.inputs) {
      const life = lives.get(input)!;
      life.end = Math.max(life.end, index);
    }
    if (opHomes.get(node.op)!.alias) lives.set(node.output, lives.get(node.inputs[0]!)!);
    else begin(node.output, index);
  });
  for (const output of graph.outputs) lives.get(output)!.end = graph.nodes.length;
  for (const tensor of external) lives.get(tensor)!.end = Infinity;
  return lives;
}

/** The input that this node may overwrite with its output: of the same size, and nobody reads it later. */
export function overwritten(
  node: IntegerNode,
  index: number,
  lives: ReadonlyMap<IntegerTensor, Life>,
): IntegerTensor | undefined {
  const home = opHomes.get(node.op)!;
  return node.inputs.find(
    (input, i) =>
      home.inPlace?.(node, i) === true &&
      lives.get(input)!.end === index &&
      tensorBytes(input) === tensorBytes(node.output),
  );
}
