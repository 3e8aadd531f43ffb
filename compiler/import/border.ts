/** Quantization of integer graph inputs: ONNX states it only where they are first used. */
import { fail } from "../diagnostics.js";
import type { Quantization } from "../ir/graph.js";
import { opHomes } from "../ops/index.js";
import type { OnnxModel } from "./onnx.js";
import { quantizationFrom } from "./quantize-rules.js";
import { floatType } from "./tensor-data.js";

/** Follows the input through operations that only move codes to the node that gives it a scale. */
export function borderQuantization(model: OnnxModel, input: string): Quantization {
  const carriers = new Set([input]);
  for (const node of model.nodes) {
    if (!carriers.has(node.inputs[0] ?? "")) continue;
    if (node.opType === "DequantizeLinear") {
      const scale = model.initializers.get(node.inputs[1] ?? "");
      const zeroPoint = model.initializers.get(node.inputs[2] ?? "");
      if (scale) {
        const quantization = quantizationFrom(scale, zeroPoint, undefined, node.name);
        if (quantization.scales.length === 1) return quantization;
        fail("QC2004", `got ${quantization.scales.length} scales; expected one for the whole graph input.`, input);
      }
    }
    const moves = [...opHomes.values()].some((home) => home.movesCodes && home.onnx[node.opType]);
    if (moves) for (const output of node.outputs) carriers.add(output);
  }
  return fail("QC2003", "this integer graph input is never dequantized, so its codes have no meaning. Put DequantizeLinear behind it.", input);
}
