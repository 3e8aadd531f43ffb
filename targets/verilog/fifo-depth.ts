/**
 * FIFO depths of reconvergent paths, computed so that the network cannot deadlock.
 *
 * A network of such stages with bounded FIFOs is a determinate dataflow graph (free places are tokens that flow backwards),
 * so whether it ever blocks does not depend on the order of events: if one schedule runs for ever within the FIFO depths,
 * every execution does, whatever the stalls. The sources of the graph's inputs and the sinks of its outputs belong to the
 * network: each offers, or takes, one element after the other, and never waits for another one. The schedule tried here:
 * accept one element of an input that an unfinished frame lacks, and let every stage emit all that it can before the next;
 * once all outputs are complete, accept what is left of the inputs. No stage refuses an element then, because each can hold
 * what its next output needs. The depth of the FIFO in front of a join is the most elements that ever wait there, less the
 * one held by whoever offers it. After each frame all FIFOs are empty, so one frame shows everything.
 *
 * That depth avoids deadlock, not stalls: line buffers that run ahead of what they need must be able to. So where the inputs
 * of a join come from a common input of the graph, the depth is also at least  max over n of M_t(n) - M_join(n): elements of
 * tensor t that exist, and elements the join has consumed, once n elements were accepted, in the schedule's order, and every
 * line buffer holds all it can (`taken`). Joins of independent inputs need no such room: their sources wait.
 *
 * An input of a join whose tensor, like all that it is made of, has no second consumer needs no FIFO at all: the stages
 * behind it form a tree that ends at sources of its own, and a tree without forks only ever waits for its root.
 */
import type { Stage } from "./lowering.js";

/** A stage of the network and the tensors it connects, by id. */
export interface FlowNode {
  readonly stage: Pick<Stage, "needs" | "taken">;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly outputCount: number;
}

/** An input of the graph, by its tensor's id, and its elements of one frame. */
export interface FlowSource {
  readonly tensor: number;
  readonly count: number;
}

/** Depth of the FIFO in front of each input of each node; 0 where none is needed. Nodes are in execution order. */
export function fifoDepths(nodes: readonly FlowNode[], sources: readonly FlowSource[]): number[][] {
  if (nodes.every((node) => node.inputs.length <= 1)) return nodes.map(({ inputs }) => inputs.map(() => 0));
  const { deepest, accepted } = schedule(nodes, sources);
  const arrivals = new Map<number, Arrival>(accepted);
  const origins = new Map<number, ReadonlySet<number>>(sources.map(({ tensor }) => [tensor, new Set([tensor])]));
  const uses = (tensor: number) => nodes.flatMap(({ inputs }) => inputs).filter((input) => input === tensor).length;
  const trees = new Set(sources.map(({ tensor }) => tensor).filter((tensor) => uses(tensor) === 1));
  return nodes.map((node, index) => {
    const before = node.inputs.map((tensor) => arrivals.get(tensor)!);
    const from = node.inputs.map((tensor) => origins.get(tensor)!);
    const arrival = stageArrival(before, node);
    arrivals.set(node.output, arrival);
    origins.set(node.output, new Set(from.flatMap((set) => [...set])));
    if (node.inputs.every((tensor) => trees.has(tensor)) && uses(node.output) === 1) trees.add(node.output);
    return before.map((each, port) => {
      if (trees.has(node.inputs[port]!)) return 0;
      const shared = from.some((other, at) => at !== port && [...other].some((origin) => from[port]!.has(origin)));
      const waiting = deepest[index]![port]!;
      return shared ? Math.max(waiting, imbalance(each, arrival, consumed(node, port))) : waiting;
    });
  });
}

/** Elements of an input that a join has consumed once it has emitted `count`: it holds none back. */
function consumed({ stage }: FlowNode, port: number): (count: number) => number {
  return (count) => (count === 0 ? 0 : stage.needs(count - 1, port));
}

/** Runs the schedule above: the most elements that wait in front of each input, and when each source's were accepted. */
function schedule(nodes: readonly FlowNode[], sources: readonly FlowSource[]) {
  const received = nodes.map((node) => node.inputs.map(() => 0));
  const deepest = nodes.map((node) => node.inputs.map(() => 0));
  const emitted = nodes.map(() => 0);
  const consumers = new Map<number, [node: number, port: number][]>();
  for (const [index, { inputs }] of nodes.entries()) {
    for (const [port, tensor] of inputs.entries()) {
      consumers.set(tensor, [...(consumers.get(tensor) ?? []), [index, port]]);
    }
  }
  const lacks = (index: number, port: number) =>
    nodes[index]!.stage.needs(emitted[index]!, port) > received[index]![port]!;
  const deliver = (tensor: number): void => {
    const list = consumers.get(tensor) ?? [];
    for (const [index, port] of list) {
      const { stage, outputCount } = nodes[index]!;
      const waits = ++received[index]![port]! - stage.taken(Math.min(emitted[index]!, outputCount - 1), port);
      deepest[index]![port] = Math.max(deepest[index]![port]!, waits);
    }
    for (const [index] of list) {
      const { output, outputCount, inputs } = nodes[index]!;
      while (emitted[index]! < outputCount && inputs.every((_, port) => !lacks(index, port))) {
        emitted[index]!++;
        deliver(output);
      }
    }
  };

  const accepted = new Map<number, Arrival>(sources.map(({ tensor, count }) => [tensor, new Int32Array(count)]));
  const taken = new Map<number, number>(sources.map(({ tensor }) => [tensor, 0]));
  let time = 0;
  const accept = (tensor: number): void => {
    const count = taken.get(tensor)!;
    accepted.get(tensor)![count] = ++time;
    taken.set(tensor, count + 1);
    deliver(tensor);
  };
  const producers = new Map(nodes.map(({ output }, index) => [output, index]));
  /** The input of the graph whose next element `index` waits for, itself or through what makes its inputs. */
  const missing = (index: number): number => {
    const port = nodes[index]!.inputs.findIndex((_, at) => lacks(index, at));
    const tensor = nodes[index]!.inputs[port]!;
    const producer = producers.get(tensor);
    return producer === undefined ? tensor : missing(producer);
  };
  const last = nodes.flatMap(({ output }, index) => (consumers.has(output) ? [] : [index]));
  if (sources.length > 1) {
    for (const index of last) while (emitted[index]! < nodes[index]!.outputCount) accept(missing(index));
  }
  for (const { tensor, count } of sources) while (taken.get(tensor)! < count) accept(tensor);
  return { deepest, accepted };
}

/** For element k of a tensor: input elements of the graph accepted when it appears, with every line buffer full. */
type Arrival = Int32Array;

function stageArrival(inputs: readonly Arrival[], { stage, outputCount }: FlowNode): Arrival {
  return Int32Array.from({ length: outputCount }, (_, k) => {
    return Math.max(...inputs.map((input, port) => input[stage.taken(k, port) - 1] ?? 0));
  });
}

function imbalance(input: Arrival, join: Arrival, taken: (count: number) => number): number {
  let most = 0;
  let joined = 0;
  for (let k = 0; k < input.length; k++) {
    while (joined < join.length && join[joined]! <= input[k]!) joined++;
    most = Math.max(most, k + 1 - taken(joined));
  }
  return most;
}
