/** Which ONNX nodes count, and in which order: converters leave unused weights behind, and some do not sort. */
import { fail } from "../diagnostics.js";
import type { OnnxModel, OnnxNode } from "./onnx.js";

/** Throws QC1003 when a node has no output or a name is defined twice, be it used or not. */
export function requireSingleDefinitions({ inputs, nodes }: OnnxModel): void {
  const defined = new Set<string>();
  const define = (name: string, where: string) => {
    if (defined.has(name)) fail("QC1003", `value '${name}' is defined twice.`, where);
    defined.add(name);
  };
  for (const { name } of inputs) define(name, name);
  for (const { name, outputs } of nodes) {
    if (outputs.length === 0) fail("QC1003", "the node has no output.", name);
    for (const output of outputs) if (output !== "") define(output, name);
  }
}

/** The model with every node behind those it reads, otherwise in the same order. Nodes of a cycle stay where they are. */
export function inOrder(model: OnnxModel): OnnxModel {
  const waiting = new Map<string, OnnxNode>();
  for (const node of model.nodes) for (const output of node.outputs) if (output !== "") waiting.set(output, node);
  const sorted: OnnxNode[] = [];
  const entered = new Set<OnnxNode>();
  // An explicit stack: models may be deeper than the call stack.
  for (const root of model.nodes) {
    const stack = [{ node: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (top.next === 0 && entered.has(top.node)) {
        stack.pop();
        continue;
      }
      entered.add(top.node);
      const producer = top.next < top.node.inputs.length ? waiting.get(top.node.inputs[top.next]!) : undefined;
      top.next++;
      if (producer && !entered.has(producer)) stack.push({ node: producer, next: 0 });
      else if (top.next > top.node.inputs.length) {
        sorted.push(top.node);
        stack.pop();
      }
    }
  }
  return { ...model, nodes: sorted };
}

/** The model with only what its outputs depend on, in the same order. */
export function pruneUnused(model: OnnxModel): OnnxModel {
  const producers = new Map(model.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const needed = new Set<string>();
  const pending = model.outputs.map(({ name }) => name);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    pending.push(...(producers.get(name)?.inputs ?? []));
  }
  return {
    ...model,
    nodes: model.nodes.filter((node) => node.outputs.some((output) => needed.has(output))),
    inputs: model.inputs.filter(({ name }) => needed.has(name)),
  };
}
