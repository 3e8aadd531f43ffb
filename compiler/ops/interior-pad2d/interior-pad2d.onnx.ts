/** No ONNX node is interior padding alone: a transposed convolution begins with it. Source of the term: XLA, Pad. */
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader } from "../../import/rules.js";
import type { Tensor } from "../../ir/graph.js";
import type { InteriorPad2dGraphAttributes } from "./interior-pad2d.types.js";

/** The image [1, H, W, C] with real zeros between and behind its pixels; itself where there are none. */
export function interiorPadded(
  node: OnnxNode,
  reader: GraphReader,
  image: Tensor,
  attributes: InteriorPad2dGraphAttributes,
): Tensor {
  const { strides, after } = attributes;
  const apart = strides.some((stride, axis) => stride > 1 && image.shape[axis + 1]! > 1);
  if (!apart && after.every((count) => count === 0)) return image;
  return reader.emit("interior-pad2d", `${node.name}_apart`, image, attributes);
}
