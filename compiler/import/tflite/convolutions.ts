/** CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED. Sources: TensorFlow Lite schema.fbs and kernels/padding.h. */
import type { Tensor } from "../../ir/graph.js";
import { elementCount } from "../../ir/types.js";
import type { Conv2dGraphAttributes } from "../../ops/conv2d/conv2d.onnx.js";
import type { Window } from "../../ops/conv2d/conv2d.types.js";
import type { DenseGraphAttributes } from "../../ops/dense/dense.onnx.js";
import { transposeOrder } from "../../ops/order.js";
import type { NodeReader } from "./node-reader.js";

/** Kernel, strides and dilations (height, width), and the pads of SAME or VALID for a `size`, beyond `given` ones. */
export function readWindow(
  node: NodeReader,
  { kernel, strides, dilations }: Omit<Window, "pads">,
  size: Pair,
  given: Window["pads"] = [0, 0, 0, 0],
): Window {
  for (const [name, pair] of Object.entries({ kernel, strides, dilations })) {
    if (pair.some((value) => value < 1 || value > 65535))
      node.refuse(`${name} [${pair}]; expected numbers from 1 to 65535`);
  }
  const padding = node.options.int8(0);
  if (padding !== 0 && padding !== 1) node.refuse(`padding ${padding}; expected SAME (0) or VALID (1)`);
  // SAME: ceil(size / stride) outputs; what is missing is split evenly, an odd one goes to the end.
  const totals = [0, 1].map((axis) => {
    const length = size[axis]! + given[axis]! + given[axis + 2]!;
    const span = (kernel[axis]! - 1) * dilations[axis]! + 1;
    return padding === 1 ? 0 : Math.max((Math.ceil(length / strides[axis]!) - 1) * strides[axis]! + span - length, 0);
  });
  const [top, left] = [Math.floor(totals[0]! / 2), Math.floor(totals[1]! / 2)];
  const pads = [given[0] + top, given[1] + left, given[2] + totals[0]! - top, given[3] + totals[1]! - left] as const;
  if (pads.some((pad) => pad > 65535)) node.refuse(`pads [${pads}]; expected at most 65535`);
  return { kernel, strides, dilations, pads };
}

type Pair = readonly [number, number];

/** Strides, and dilations where their options start. The file has width before height. */
function steps({ options }: NodeReader, dilations: number): Pick<Window, "strides" | "dilations"> {
  return {
    strides: [options.int32(2), options.int32(1)],
    dilations: [options.int32(dilations + 1, 1), options.int32(dilations, 1)],
  };
}

/** Weights with axes in another order, their scales along with them. */
function permuted(weights: Tensor, permutation: readonly number[]): Tensor {
  const { axis } = weights.quantization;
  return {
    ...weights,
    shape: permutation.map((from) => weights.shape[from]!),
    data: transposeOrder(weights.shape, permutation).map((at) => weights.data![at]!),
    quantization: { ...weights.quantization, axis: axis === undefined ? undefined : permutation.indexOf(axis) },
  };
}

/** `weights` in the Graph's order [outputs, inputs per group, height, width]. */
function convolution(
  node: NodeReader,
  x: Tensor,
  weights: Tensor,
  groups: number,
  window: Window,
  clampField: number,
): void {
  const bias = node.bias(2, x, weights);
  node.define(
    node.add(
      {
        op: "conv2d",
        inputs: bias ? [x, weights, bias] : [x, weights],
        attributes: { ...window, groups } satisfies Conv2dGraphAttributes,
        clamp: node.clamp(clampField),
      },
      node.output,
    ),
  );
}

/** Weights [outputs, height, width, inputs per group]; options padding, strides w h, activation, dilations w h. */
export function readConv2d(node: NodeReader): void {
  const { x, pads } = node.paddedImage(0);
  const weights = permuted(node.weights(1, 4), [0, 3, 1, 2]);
  const [outputs, perGroup, height, width] = weights.shape as [number, number, number, number];
  const window = readWindow(node, { kernel: [height, width], ...steps(node, 4) }, [x.shape[1]!, x.shape[2]!], pads);
  const groups = x.shape[3]! / perGroup;
  if (!Number.isInteger(groups) || outputs % groups !== 0) {
    node.refuse(`${outputs} filters of ${perGroup} channels do not fit an input of ${x.shape[3]} channels`);
  }
  convolution(node, x, weights, groups, window, 3);
}

/** Weights [1, height, width, inputs * multiplier]; options padding, strides w h, multiplier, activation, dilations w h. */
export function readDepthwiseConv2d(node: NodeReader): void {
  const { x, pads } = node.paddedImage(0);
  const stored = node.weights(1, 4);
  if (stored.shape[0] !== 1) node.refuse(`weights of shape [${stored.shape}]; expected [1, H, W, C]`);
  const weights = permuted(stored, [3, 0, 1, 2]);
  const [outputs, , height, width] = weights.shape as [number, number, number, number];
  const window = readWindow(node, { kernel: [height, width], ...steps(node, 5) }, [x.shape[1]!, x.shape[2]!], pads);
  const groups = x.shape[3]!;
  // The option depth_multiplier is redundant, and newer runtimes ignore it.
  if (outputs % groups !== 0) node.refuse(`${outputs} filters do not fit an input of ${groups} channels`);
  convolution(node, x, weights, groups, window, 4);
}

/** Weights [outputs, inputs]; options activation, weights format, keep_num_dims. The input is flattened to rows. */
export function readFullyConnected(node: NodeReader): void {
  const { options } = node;
  if (options.int8(1) !== 0) node.refuse("shuffled weights are not supported");
  const x = node.activation(0);
  const weights = node.weights(1, 2);
  const inputs = weights.shape[1]!;
  const rows = elementCount(x.shape) / inputs;
  if (!Number.isInteger(rows)) node.refuse(`weights [${weights.shape}] do not fit an input of shape [${x.shape}]`);
  const keeps = options.int8(2) !== 0;
  if (keeps && x.shape.at(-1) !== inputs)
    node.refuse(`keep_num_dims with weights [${weights.shape}] and an input of shape [${x.shape}]`);
  const matrix = keeps ? x : node.reshaped(x, [rows, inputs]);
  const bias = node.bias(2, x, weights);
  node.define(
    node.add(
      {
        op: "dense",
        inputs: bias ? [matrix, weights, bias] : [matrix, weights],
        attributes: { transposed: true } satisfies DenseGraphAttributes,
        clamp: node.clamp(0),
      },
      node.output,
    ),
  );
}
