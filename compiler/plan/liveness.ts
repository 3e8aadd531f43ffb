/** Which tensors share bytes, and from which node to which they live. */
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { bytesPerElement, elementCount } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import { imageRows } from "../ops/rows.js";
import type { InputPlaces } from "./input-places.js";
import { joinPlace, viewPlace } from "./views.js";

/** Bytes of a tensor in the arena, before alignment. */
export function tensorBytes(tensor: IntegerTensor): number {
  return elementCount(tensor.shape) * bytesPerElement(tensor.type);
}

/** Bytes that one or more tensors share. */
export interface Life {
  /** The tensor that has them all. */
  readonly tensor: IntegerTensor;
  /** Every tensor that has some of them, and which is the first. */
  readonly parts: Map<IntegerTensor, number>;
  /** Index of the node that writes the first of them; -1 for inputs. */
  start: number;
  /** Index of the last node that reads any; the node count for outputs. */
  end: number;
}

/** Whether a tensor has all bytes of its life. */
export function isWhole({ tensor: all }: Life, tensor: IntegerTensor): boolean {
  return tensorBytes(all) === tensorBytes(tensor);
}

/** The lives of a graph in its order, by tensor: those that share bytes have one. Lives of external inputs never end. */
export function livesOf(graph: IntegerGraph, places: Partial<InputPlaces> = {}): Map<IntegerTensor, Life> {
  const { streamed, external = new Set(), views = false } = places;
  const lives = new Map<IntegerTensor, Life>();
  const begin = (tensor: IntegerTensor, start: number) =>
    lives.set(tensor, { tensor, parts: new Map([[tensor, 0]]), start, end: start });
  const share = (life: Life, tensor: IntegerTensor, from: number) => {
    lives.set(tensor, life);
    life.parts.set(tensor, from);
  };
  const elsewhere = (tensor: IntegerTensor) => external.has(tensor) || streamed?.has(tensor) === true;
  for (const input of graph.inputs) begin(input, -1);
  graph.nodes.forEach((node, index) => {
    const { inputs, output } = node;
    for (const input of inputs) {
      const life = lives.get(input)!;
      life.end = Math.max(life.end, index);
    }
    const source = inputs[0] && lives.get(inputs[0]);
    const free = views && inputs.every((input) => !elsewhere(lives.get(input)!.tensor));
    const view = opHomes.get(node.op)!.alias || free ? viewPlace(node) : undefined;
    if (source && view !== undefined) share(source, output, source.parts.get(inputs[0]!)! + view);
    else begin(output, index);
    // Rows of an image can only be streamed through nodes that have none of their inputs in place.
    if (!free || (streamed && streamed.size > 0 && imageRows(output) !== undefined)) return;
    inputs.forEach((input, i) => {
      const [life, own, place] = [lives.get(output)!, lives.get(input)!, joinPlace(node, i)];
      if (place === undefined || own === life || !isWhole(own, input)) return;
      for (const [part, from] of own.parts) share(life, part, place + from);
      life.start = Math.min(life.start, own.start);
    });
  });
  for (const output of graph.outputs) lives.get(output)!.end = graph.nodes.length;
  for (const tensor of external) lives.get(tensor)!.end = Infinity;
  return lives;
}

/** Whether a node has an input where its output is. */
export function sharesBytes({ inputs, output }: IntegerNode, lives: ReadonlyMap<IntegerTensor, Life>): boolean {
  return inputs.some((input) => lives.get(input) === lives.get(output));
}

/** The input that this node may overwrite with its output: of the same size, and nobody reads it later. */
export function overwritten(
  node: IntegerNode,
  index: number,
  lives: ReadonlyMap<IntegerTensor, Life>,
): IntegerTensor | undefined {
  const home = opHomes.get(node.op)!;
  const own = lives.get(node.output)!;
  // Bytes that are written earlier, or hold more, have their place.
  if (own.start < index || !isWhole(own, node.output)) return undefined;
  const bytes = tensorBytes(node.output);
  return node.inputs.find((input, i) => {
    const life = lives.get(input)!;
    // Element by element, an input may share all bytes of another, but not some: what is broadcast is read again.
    const apart = (other: IntegerTensor) => {
      const distance = Math.abs(life.parts.get(other)! - life.parts.get(input)!);
      return distance >= bytes || (distance === 0 && tensorBytes(other) === bytes);
    };
    const alone = node.inputs.every((other) => lives.get(other) !== life || apart(other));
    return home.inPlace?.(node, i) === true && life.end === index && tensorBytes(input) === bytes && alone;
  });
}

/** The inputs of several nodes whose bytes nothing else shares, neither another input nor a tensor that they are part of. */
export function unshared(inputs: readonly IntegerTensor[], lives: ReadonlyMap<IntegerTensor, Life>): IntegerTensor[] {
  return inputs.filter((input) => {
    const life = lives.get(input)!;
    return isWhole(life, input) && inputs.every((other) => other === input || lives.get(other) !== life);
  });
}
