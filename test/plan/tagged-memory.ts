/** Runs a plan on memory in which every byte knows the tensor that wrote it: a read of a wrong or dead byte throws. */
import type { IntegerTensor } from "../../compiler/ir/integer-graph.js";
import { bytesPerElement, elementCount } from "../../compiler/ir/types.js";
import { opHomes } from "../../compiler/ops/index.js";
import type { Plan } from "../../compiler/plan/plan.js";
import { fromBytes, toBytes } from "../../compiler/verify/codes.js";

export function runTagged(plan: Plan, inputs: readonly Int32Array[]): Int32Array[] {
  const { graph, offsets } = plan;
  const tags = new Int32Array(plan.arenaBytes).fill(-1);
  const memory = new Uint8Array(plan.arenaBytes);
  /** Tensors whose bytes are one tensor's bytes: an alias reads what its source wrote. */
  const writer = new Map<number, number>();
  const span = (tensor: IntegerTensor) => {
    const start = offsets.get(tensor.id);
    if (start === undefined) throw new Error(`tensor ${tensor.id} has no offset`);
    const end = start + elementCount(tensor.shape) * bytesPerElement(tensor.type);
    if (start < 0 || end > plan.arenaBytes) throw new Error(`tensor ${tensor.id} at ${start}..${end} leaves the arena`);
    return { start, end };
  };
  const read = (tensor: IntegerTensor, by: string) => {
    const { start, end } = span(tensor);
    const owner = writer.get(tensor.id) ?? tensor.id;
    for (let at = start; at < end; at++) {
      if (tags[at] !== owner) throw new Error(`${by} reads byte ${at} of tensor ${tensor.id}, written by ${tags[at]}`);
    }
    return fromBytes(memory.subarray(start, end), tensor);
  };
  const write = (tensor: IntegerTensor, values: Int32Array) => {
    const { start, end } = span(tensor);
    tags.fill(tensor.id, start, end);
    memory.set(toBytes(values, tensor), start);
  };
  graph.inputs.forEach((tensor, i) => {
    write(tensor, inputs[i]!);
  });
  graph.nodes.forEach((node, step) => {
    const home = opHomes.get(node.op)!;
    if (home.alias) {
      const [source] = node.inputs;
      if (offsets.get(source!.id) !== offsets.get(node.output.id)) throw new Error(`alias ${node.name} moves`);
      writer.set(node.output.id, writer.get(source!.id) ?? source!.id);
      return;
    }
    const operands = node.inputs.map((tensor) => read(tensor, node.name));
    // Scratch is free for the node to fill before it writes its output and while it still reads its inputs.
    const scratch = home.scratchBytes?.(node) ?? 0;
    if (scratch > 0) {
      const at = plan.scratch.get(step);
      if (at === undefined || at + scratch > plan.arenaBytes) throw new Error(`${node.name} has no scratch`);
      memory.fill(0xaa, at, at + scratch);
      tags.fill(-2, at, at + scratch);
      for (const tensor of node.inputs) read(tensor, `${node.name} after its scratch`);
    }
    // Unless the home allows it, the output must not touch an input.
    const target = span(node.output);
    node.inputs.forEach((tensor, index) => {
      const source = span(tensor);
      const overlap = source.start < target.end && target.start < source.end;
      const shared = source.start === target.start && home.inPlace?.(node, index) === true;
      if (overlap && !shared) throw new Error(`${node.name} writes over its input ${index}`);
    });
    write(node.output, home.evaluate(node, operands));
  });
  return graph.outputs.map((tensor) => read(tensor, "the caller"));
}
