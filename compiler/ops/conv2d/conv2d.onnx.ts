/** ONNX Conv and QLinearConv (2-D, constant weights). Source: ONNX operator specification, Conv. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearBias, qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { fromChannelsLast, toChannelsLast } from "../layout.js";
import { windowShape } from "../window.js";
import type { Window } from "./conv2d.types.js";

/** Real-valued form: inputs are x [1,H,W,C], weights in ONNX order [O, C/groups, kh, kw], and an optional bias [O]. */
export interface Conv2dGraphAttributes extends Window {
  readonly groups: number;
}

/** Reads kernel, strides, dilations and pads (auto_pad included) for an input of H x W. */
export function readWindow(
  attributes: Attributes,
  node: OnnxNode,
  reader: GraphReader,
  kernel: readonly number[],
  size: readonly [number, number],
): Window {
  const pair = (values: readonly number[], name: string): [number, number] => {
    const bad =
      values.length !== 2 || values.some((value) => !Number.isSafeInteger(value) || value < 1 || value > 65535);
    if (bad) reader.refuse(node, `${name} [${values}] must be two positive numbers (2-D only)`);
    return [values[0]!, values[1]!];
  };
  const shape = pair(attributes.integers("kernel_shape", kernel), "kernel_shape");
  const strides = pair(attributes.integers("strides", [1, 1]), "strides");
  const dilations = pair(attributes.integers("dilations", [1, 1]), "dilations");
  const explicit = attributes.integers("pads", [0, 0, 0, 0]);
  const auto = attributes.text("auto_pad", "NOTSET");
  const pads = auto === "NOTSET" || auto === "VALID" ? (auto === "VALID" ? [0, 0, 0, 0] : explicit) : samePads(auto);
  if (pads.length !== 4 || pads.some((pad) => !Number.isSafeInteger(pad) || pad < 0 || pad > 65535)) {
    reader.refuse(node, `pads [${pads}] must be four non-negative numbers`);
  }
  return { kernel: shape, strides, dilations, pads: [pads[0]!, pads[1]!, pads[2]!, pads[3]!] };

  function samePads(mode: string): number[] {
    if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER") return reader.refuse(node, `auto_pad ${mode} is unknown`);
    const total = [0, 1].map((axis) => {
      const span = (shape[axis]! - 1) * dilations[axis]! + 1;
      const outputs = Math.ceil(size[axis]! / strides[axis]!);
      return Math.max((outputs - 1) * strides[axis]! + span - size[axis]!, 0);
    });
    const before = total.map((sum) => (mode === "SAME_UPPER" ? Math.floor(sum / 2) : Math.ceil(sum / 2)));
    return [before[0]!, before[1]!, total[0]! - before[0]!, total[1]! - before[1]!];
  }
}

/** The convolution of already read operands, in ONNX's NCHW terms. */
function convolution(
  node: OnnxNode,
  reader: GraphReader,
  x: Tensor,
  weights: Tensor,
  bias: Tensor | undefined,
): Pending {
  if (x.shape.length !== 4 || weights.shape.length !== 4) {
    reader.refuse(
      node,
      `input has ${x.shape.length} and weights have ${weights.shape.length} dimensions; expected 4 and 4 (2-D convolution)`,
    );
  }
  if (x.shape[0] !== 1) reader.refuse(node, `input of shape [${x.shape}]; expected [1, C, H, W]`);
  if (!weights.data) reader.refuse(node, "the weights must be constants");
  if (bias && (!bias.data || bias.shape.length !== 1)) {
    reader.refuse(node, `a bias of shape [${bias.shape}]; expected a constant with one number per output channel`);
  }
  const attributes = new Attributes(node, reader);
  const [height, width] = [x.shape[2]!, x.shape[3]!];
  const window = readWindow(attributes, node, reader, weights.shape.slice(2), [height, width]);
  const groups = attributes.integer("group", 1);
  attributes.done();
  const [outputs, perGroup] = [weights.shape[0]!, weights.shape[1]!];
  if (groups < 1 || perGroup * groups !== x.shape[1] || outputs % groups !== 0) {
    reader.refuse(
      node,
      `weights [${weights.shape}] with group ${groups} do not fit an input of ${x.shape[1]} channels`,
    );
  }
  if (window.kernel[0] !== weights.shape[2] || window.kernel[1] !== weights.shape[3]) {
    reader.refuse(node, `kernel_shape [${window.kernel}] differs from the weights' [${weights.shape.slice(2)}]`);
  }
  const input = toChannelsLast(reader, node, x);
  const [rows, columns] = windowShape(window, height, width, node.name);
  return {
    kind: "pending",
    op: "conv2d",
    name: node.name,
    inputs: bias ? [input, weights, bias] : [input, weights],
    attributes: { ...window, groups } satisfies Conv2dGraphAttributes,
    clamp: noClamp,
    shape: [1, outputs, rows, columns],
    moves: [fromChannelsLast(node)],
  };
}

export const readConv: OnnxRule = (node, reader) => {
  const bias = reader.value(node, 2) ? reader.quantized(node, 2) : undefined;
  reader.define(node, convolution(node, reader, reader.quantized(node, 0), reader.quantized(node, 1), bias));
  return true;
};

/** x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B */
export const readQLinearConv: OnnxRule = (node, reader) => {
  const x = qlinearOperand(reader, node, 0);
  const weights = qlinearOperand(reader, node, 3);
  return qlinearResult(
    reader,
    node,
    convolution(node, reader, x, weights, qlinearBias(reader, node, 8, x, weights)),
    6,
  );
};
