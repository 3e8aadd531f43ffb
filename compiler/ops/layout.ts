/** Channels-last layout: convolutions and pools work on [1, height, width, channels]; ONNX writes channels second. */
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader } from "../import/rules.js";
import type { Tensor } from "../ir/graph.js";

/** [N, H, W, C] to ONNX's [N, C, H, W]. */
export const fromChannelsLast: readonly number[] = [0, 3, 1, 2];

/** The tensor with its channels moved last. The pass fold-transposes removes what cancels. */
export function toChannelsLast(reader: GraphReader, node: OnnxNode, tensor: Tensor): Tensor {
  return reader.emit("transpose", `${node.name}_to_nhwc`, tensor, { permutation: [0, 2, 3, 1] });
}
