/** AVERAGE_POOL_2D, MAX_POOL_2D and MEAN over an image. Sources: TensorFlow Lite schema.fbs, kernels/internal/reference. */

import type { Tensor } from "../../ir/graph.js";
import type { AveragePool2dGraphAttributes } from "../../ops/average-pool2d/average-pool2d.onnx.js";
import type { Window } from "../../ops/conv2d/conv2d.types.js";
import { readWindow } from "./convolutions.js";
import type { NodeReader } from "./node-reader.js";

/** Options padding, strides w h, filter w h, activation. With SAME no window lies over padding alone. */
function poolWindow(node: NodeReader, x: Tensor): Window {
  const { options } = node;
  const strides = [options.int32(2), options.int32(1)] as const;
  return readWindow(node, { kernel: [options.int32(4), options.int32(3)], strides, dilations: [1, 1] }, [
    x.shape[1]!,
    x.shape[2]!,
  ]);
}

/** The mean of the codes of each window, padded taps left out; input and result share one quantization. */
export function readAveragePool2d(node: NodeReader): void {
  const x = node.image(0);
  node.requireSameQuantization(x);
  // Padded taps are not counted.
  const attributes: AveragePool2dGraphAttributes = { ...poolWindow(node, x), includePad: false };
  node.define(node.add({ op: "average-pool2d", inputs: [x], attributes, clamp: node.clamp(5) }, node.output));
}

/** The largest code of each window; a fused activation becomes a table behind it. */
export function readMaxPool2d(node: NodeReader): void {
  const x = node.image(0);
  node.requireSameQuantization(x);
  const clamp = node.clamp(5);
  const pooled = node.add({ op: "max-pool2d", inputs: [x], attributes: poolWindow(node, x) }, node.output);
  const bounded = clamp.min !== -Infinity || clamp.max !== Infinity;
  node.define(bounded ? node.add({ op: "table", inputs: [pooled], attributes: {}, clamp }, node.output) : pooled);
}

/** Input 1 lists the axes; option keep_dims. All axes between the first and the last: [1, H, W, C] or [1, N, C]. */
export function readMean(node: NodeReader): void {
  const x = node.activation(0);
  const rank = x.shape.length;
  const given = node.numbers(1) ?? [];
  const axes = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
  const inner = Array.from({ length: Math.max(rank - 2, 0) }, (_, i) => 1 + i);
  if (
    (rank !== 3 && rank !== 4) ||
    x.shape[0] !== 1 ||
    axes.size !== inner.length ||
    inner.some((axis) => !axes.has(axis))
  ) {
    node.refuse(`axes [${given}] of an input of shape [${x.shape}]; expected the height and width of an image`);
  }
  const channels = x.shape.at(-1)!;
  const [height, width] = [x.shape[1]!, rank === 4 ? x.shape[2]! : 1];
  const image = node.reshaped(x, [1, height, width, channels]);
  const attributes: AveragePool2dGraphAttributes = {
    ...{ kernel: [height, width], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] },
    includePad: false,
    mean: true,
  };
  const mean = node.add({ op: "average-pool2d", inputs: [image], attributes }, node.output);
  const kept = [1, ...inner.map(() => 1), channels];
  node.define(node.reshaped(mean, node.options.int8(0) !== 0 ? kept : [1, channels]));
}
