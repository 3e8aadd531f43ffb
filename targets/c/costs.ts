/** What a kernel is expected to take on a core: linear in a layer's sizes, by coefficients that were fitted to measured layers. */
import { elementCount, type IntegerNode } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import type { Core, KernelCosts } from "../core.js";

/** The sizes of a layer that costs are linear in, in the order of `costKeys`. */
export function costSizes(node: IntegerNode): Record<keyof KernelCosts, number> {
  const outputs = elementCount(node.output.shape);
  const channels = node.output.shape.at(-1) ?? 1;
  const inputs = node.inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    product: opHomes.get(node.op)!.macs(node),
    input: inputs,
    output: outputs,
    pixel: outputs / channels,
    layer: 1,
  };
}

export const costKeys = ["product", "input", "output", "pixel", "layer"] as const;

/** Expected instructions of a node by one kernel (its header without `qc_`); undefined where the core has no figures for it. */
export function predictedInstructions(core: Core, kernel: string, node: IntegerNode): number | undefined {
  const costs = core.costs?.[kernel];
  if (!costs) return undefined;
  const sizes = costSizes(node);
  return Math.round(costKeys.reduce((sum, key) => sum + costs[key] * sizes[key], 0));
}
