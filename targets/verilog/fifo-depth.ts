/**
 * FIFO depths of reconvergent paths, computed so that the network cannot deadlock.
 *
 * A network of such stages with bounded FIFOs is a determinate dataflow graph (free places are tokens that flow backwards),
 * so whether it ever blocks does not depend on the order of events: if one schedule runs for ever within the FIFO depths,
 * every execution does, whatever the stalls. The schedule tried here: accept one input element, and let every stage emit
 * all that it can before the next. No stage refuses an element then, because each can hold what its next output needs.
 * The depth of the FIFO in front of a join is the most elements that ever wait there, less the one held by whoever
 * offers it. After each frame all FIFOs are empty, so one frame shows everything.
 *
 * That depth avoids deadlock, not stalls: line buffers that run ahead of what they need must be able to. So the depth is
 * also at least  max over n of M_t(n) - M_join(n): elements of tensor t that exist, and elements the join has consumed, once
 * n elements of the graph's input were accepted and every line buffer holds all it can (`taken`).
 */
import type { Stage } from "./lowering.js";

/** A stage of the network and the tensors it connects, by id. */
export interface FlowNode {
  readonly stage: Pick<Stage, "needs" | "taken">;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly outputCount: number;
}

/** Depth of the FIFO in front of each input of each node; 0 where none is needed. Nodes are in execution order. */
export function fifoDepths(nodes: readonly FlowNode[], input: number, inputCount: number): number[][] {
  if (nodes.every((node) => node.inputs.length === 1)) return nodes.map(() => [0]);
  const waiting = scheduledDepths(nodes, input, inputCount);
  const arrivals = new Map<number, Arrival>([[input, Int32Array.from({ length: inputCount }, (_, k) => k + 1)]]);
  return nodes.map((node, index) => {
    const before = node.inputs.map((tensor) => arrivals.get(tensor)!);
    const arrival = stageArrival(before, node);
    arrivals.set(node.output, arrival);
    if (node.inputs.length === 1) return [0];
    return before.map((each, port) => Math.max(waiting[index]![port]!, imbalance(each, arrival, consumed(node, port))));
  });
}

/** Elements of an input that a join has consumed once it has emitted `count`: it holds none back. */
function consumed({ stage }: FlowNode, port: number): (count: number) => number {
  return (count) => (count === 0 ? 0 : stage.needs(count - 1, port));
}

/** The most elements that wait in front of each input in the schedule above. */
function scheduledDepths(nodes: readonly FlowNode[], input: number, inputCount: number): number[][] {
  const received = nodes.map((node) => node.inputs.map(() => 0));
  const deepest = nodes.map((node) => node.inputs.map(() => 0));
  const emitted = nodes.map(() => 0);
  const consumers = new Map<number, [node: number, port: number][]>();
  for (const [index, { inputs }] of nodes.entries()) {
    for (const [port, tensor] of inputs.entries()) {
      consumers.set(tensor, [...(consumers.get(tensor) ?? []), [index, port]]);
    }
  }
  const deliver = (tensor: number): void => {
    const list = consumers.get(tensor) ?? [];
    for (const [index, port] of list) {
      const { stage, outputCount } = nodes[index]!;
      const waits = ++received[index]![port]! - stage.taken(Math.min(emitted[index]!, outputCount - 1), port);
      deepest[index]![port] = Math.max(deepest[index]![port]!, waits);
    }
    for (const [index] of list) {
      const { stage, output, outputCount } = nodes[index]!;
      const ready = () => received[index]!.every((count, port) => stage.needs(emitted[index]!, port) <= count);
      while (emitted[index]! < outputCount && ready()) {
        emitted[index]!++;
        deliver(output);
      }
    }
  };
  for (let n = 0; n < inputCount; n++) deliver(input);
  return deepest;
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
