/** Channels-last layout: convolutions and pools work on [1, height, width, channels]; ONNX writes channels second. */
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader, Move } from "../import/rules.js";
import type { Tensor } from "../ir/graph.js";

/** The move from [N, H, W, C] to ONNX's [N, C, H, W]. */
export function fromChannelsLast(node: OnnxNode): Move {
  return { op: "transpose", name: `${node.name}_to_onnx`, attributes: { permutation: [0, 3, 1, 2] } };
}

/** The move from ONNX's [N, C, H, W] to [N, H, W, C]. The pass fold-transposes removes what cancels. */
export function channelsLast(node: OnnxNode): Move {
  return { op: "transpose", name: `${node.name}_to_nhwc`, attributes: { permutation: [0, 2, 3, 1] } };
}

/** The tensor with its channels moved last. */
export function toChannelsLast(reader: GraphReader, node: OnnxNode, tensor: Tensor): Tensor {
  const { op, name, attributes } = channelsLast(node);
  return reader.emit(op, name, tensor, attributes);
}
