/**
 * Removes channels whose value never matters: those that range analysis proved constant, where all their consumers can fold
 * the constant into a bias, and those that nobody weighs. Every remaining byte stays as it was.
 *
 * Backwards, each op says which channels of its inputs it needs for the outputs that are needed; forwards, the graph is
 * rebuilt with what is left. A constant that is not the zero point cannot be folded through a zero-padded convolution,
 * where the border sees the zero point instead: its home keeps it (compiler/ops/conv2d/conv2d.channels.ts).
 */
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import type { Pass } from "./pass.js";

type Needed = Map<IntegerTensor, boolean[]>;

export const removeConstantChannels: Pass<IntegerGraph> = {
  name: "remove-constant-channels",
  run(graph) {
    const needed = neededChannels(graph);
    const complete = graph.tensors.every((tensor) => (needed.get(tensor) ?? []).every(Boolean));
    return complete ? graph : rebuild(graph, needed);
  },
};

const channelsOf = (tensor: IntegerTensor) => tensor.shape.at(-1) ?? 1;

/**
 * The channels to keep. An op that keeps channels apart has the same ones on both sides, so what one side needs for another
 * reader reaches the other side too: repeated until nothing changes.
 */
function neededChannels(graph: IntegerGraph): Needed {
  const needed: Needed = new Map(
    graph.tensors.map((tensor) => [tensor, new Array<boolean>(channelsOf(tensor)).fill(false)]),
  );
  let changed = true;
  const mark = (tensor: IntegerTensor, flags: readonly boolean[]) => {
    const own = needed.get(tensor)!;
    for (const [c, flag] of flags.entries()) {
      changed ||= flag && !own[c];
      own[c] ||= flag;
    }
  };
  const all = (tensor: IntegerTensor) => mark(tensor, new Array<boolean>(channelsOf(tensor)).fill(true));
  for (const tensor of [...graph.inputs, ...graph.outputs]) all(tensor);
  while (changed) {
    changed = false;
    for (const node of [...graph.nodes].reverse()) {
      const home = opHomes.get(node.op)!;
      const own = needed.get(node.output)!;
      if (!own.some(Boolean)) mark(node.output, [true]); // a tensor keeps at least one channel
      if (home.channels) {
        for (const [i, flags] of home.channels.needed(node, own).entries()) mark(node.inputs[i]!, flags);
        const bound = home.channels.bound?.(
          node,
          node.inputs.map((input) => needed.get(input)!),
        );
        if (bound) mark(node.output, bound);
      } else if (keepsChannels(node)) {
        for (const input of node.inputs) {
          mark(input, own);
          mark(node.output, needed.get(input)!);
        }
      } else for (const tensor of [...node.inputs, node.output]) all(tensor);
    }
  }
  return needed;
}

/** Whether channel c of the output is made of channel c of every input; a reshape may keep its last axis. */
function keepsChannels(node: IntegerNode): boolean {
  const home = opHomes.get(node.op)!;
  const same = node.inputs.every((input) => channelsOf(input) === channelsOf(node.output));
  return same && (home.channelwise === true || home.alias === true);
}

function rebuild(graph: IntegerGraph, needed: Needed): IntegerGraph {
  const kept = new Map<IntegerTensor, readonly number[]>();
  const tensors: IntegerTensor[] = [];
  const replaced = new Map<IntegerTensor, IntegerTensor>();
  for (const tensor of graph.tensors) {
    const channels = needed.get(tensor)!.flatMap((flag, c) => (flag ? [c] : []));
    const ranges = tensor.ranges.length === 1 ? tensor.ranges : channels.map((c) => tensor.ranges[c]!);
    const reduced = { ...tensor, shape: [...tensor.shape.slice(0, -1), channels.length], ranges };
    kept.set(tensor, channels);
    tensors.push(reduced);
    replaced.set(tensor, reduced);
  }
  const nodes = graph.nodes.map((node): IntegerNode => {
    const home = opHomes.get(node.op)!;
    const channels = { inputs: node.inputs.map((input) => kept.get(input)!), output: kept.get(node.output)! };
    const attributes = home.channels ? home.channels.keep(node, channels) : node.attributes;
    return {
      ...node,
      attributes,
      inputs: node.inputs.map((input) => replaced.get(input)!),
      output: replaced.get(node.output)!,
    };
  });
  const swap = (list: readonly IntegerTensor[]) => list.map((tensor) => replaced.get(tensor)!);
  return { ...graph, inputs: swap(graph.inputs), outputs: swap(graph.outputs), tensors, nodes };
}
