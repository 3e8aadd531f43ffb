/** Quantization of integer graph inputs: ONNX states it only where they are first used. */
import { fail } from "../diagnostics.js";
import type { Quantization } from "../ir/graph.js";
import { opHomes } from "../ops/index.js";
import type { OnnxModel } from "./onnx.js";
import { quantizationFrom, withoutAxis } from "./quantize-rules.js";
import { isFloatType } from "./tensor-data.js";

/** Follows the input through operations that only move codes to the node that gives it a scale. */
export function borderQuantization(model: OnnxModel, input: string): Quantization {
  const carriers = new Set([input]);
  for (const node of model.nodes) {
    const index = node.inputs.findIndex((name) => carriers.has(name));
    if (index < 0) continue;
    // DequantizeLinear and the QLinear operators alike: codes, then their scale, then their zero point.
    const scale = model.initializers.get(node.inputs[index + 1] ?? "");
    const zeroPoint = model.initializers.get(node.inputs[index + 2] ?? "");
    if (scale && isFloatType(scale.dataType)) {
      const quantization = withoutAxis(quantizationFrom(scale, zeroPoint, undefined, node.name));
      if (quantization.scales.length === 1) return quantization;
      fail("QC2004", `got ${quantization.scales.length} scales; expected one for the whole graph input.`, input);
    }
    const moves = [...opHomes.values()].some((home) => home.movesCodes && home.onnx[node.opType]);
    if (moves) for (const output of node.outputs) carriers.add(output);
  }
  // Nothing gives the codes a scale: they are whole numbers in their own right.
  return { scales: [1], zeroPoints: [0] };
}
