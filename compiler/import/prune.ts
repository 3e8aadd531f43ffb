/** Removes ONNX nodes and inputs that reach no graph output: converters leave weights behind as unused inputs. */
import { fail } from "../diagnostics.js";
import type { OnnxModel } from "./onnx.js";

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
