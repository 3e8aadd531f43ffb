/** ONNX Conv and QLinearConv (of images and signals, constant weights). Source: ONNX operator specification, Conv. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { integerOperand, qlinearBias, qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { type Bias, readBias } from "../bias.onnx.js";
import { imageLayout, movedTo } from "../layout.js";
import { windowShape } from "../window.js";
import { readWindow } from "../window.onnx.js";
import type { Window } from "./conv2d.types.js";

/** Real-valued form: inputs are x [1,H,W,C], weights in ONNX order [O, C/groups, kh, kw], and an optional bias [O]. */
export interface Conv2dGraphAttributes extends Window {
  readonly groups: number;
}

/** The convolution of already read operands, in ONNX's NCHW terms. */
function convolution(
  node: OnnxNode,
  reader: GraphReader,
  x: Tensor,
  weights: Tensor,
  biasOf: (channels: number) => Bias,
): Pending {
  const { size, channels, before, result } = imageLayout(node, reader, x.shape);
  if (weights.shape.length !== x.shape.length) {
    reader.refuse(
      node,
      `weights of shape [${weights.shape}] for an input of shape [${x.shape}]; expected as many axes`,
    );
  }
  if (!weights.data) reader.refuse(node, "the weights must be constants");
  const attributes = new Attributes(node, reader);
  const window = readWindow(attributes, node, reader, weights.shape.slice(2), size);
  const groups = attributes.integer("group", 1);
  attributes.done();
  const [outputs, perGroup, ...kernel] = weights.shape as [number, number, ...number[]];
  if (groups < 1 || perGroup * groups !== channels || outputs % groups !== 0) {
    reader.refuse(node, `weights [${weights.shape}] with group ${groups} do not fit an input of ${channels} channels`);
  }
  if (kernel.some((taps, axis) => taps !== window.kernel[axis])) {
    reader.refuse(node, `kernel_shape [${window.kernel}] differs from the weights' [${kernel}]`);
  }
  const { tensor: bias, post } = biasOf(outputs);
  const image = movedTo(reader, x, before);
  const filters = { ...weights, shape: [outputs, perGroup, ...window.kernel] };
  const [, height, width] = image.shape as [number, number, number];
  return {
    kind: "pending",
    op: "conv2d",
    name: node.name,
    inputs: bias ? [image, filters, bias] : [image, filters],
    attributes: { ...window, groups } satisfies Conv2dGraphAttributes,
    post,
    clamp: noClamp,
    ...result(...windowShape(window, height, width, node.name), outputs),
  };
}

export const readConv: OnnxRule = (node, reader) => {
  const [x, weights] = [reader.quantized(node, 0), reader.quantized(node, 1)];
  const bias = (channels: number) => readBias(node, reader, 2, x, weights, channels);
  reader.define(node, convolution(node, reader, x, weights, bias));
  return true;
};

/** x, w, x_zero_point, w_zero_point: the sums themselves. */
export const readConvInteger: OnnxRule = (node, reader) => {
  const x = integerOperand(reader, node, 0, 2, 0);
  const weights = integerOperand(reader, node, 1, 3, 0);
  reader.define(
    node,
    convolution(node, reader, x, weights, () => ({})),
  );
  return true;
};

/** x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B */
export const readQLinearConv: OnnxRule = (node, reader) => {
  const x = qlinearOperand(reader, node, 0);
  const weights = qlinearOperand(reader, node, 3);
  return qlinearResult(
    reader,
    node,
    convolution(node, reader, x, weights, () => ({ tensor: qlinearBias(reader, node, 8, x, weights) })),
    6,
  );
};
