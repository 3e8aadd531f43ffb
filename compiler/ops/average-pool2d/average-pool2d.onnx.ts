/** ONNX AveragePool, GlobalAveragePool and their QLinear forms (of images and signals); ReduceMean and ReduceSum as such pools. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, Move, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import type { Window } from "../conv2d/conv2d.types.js";
import { type ImageLayout, imageLayout, movedTo } from "../layout.js";
import type { PadGraphAttributes } from "../pad/pad.types.js";
import { readReduction } from "../reduction.js";
import { hasEmptyWindow, windowShape } from "../window.js";
import { readCeilPads, readWindow } from "../window.onnx.js";

export interface AveragePool2dGraphAttributes extends Window {
  readonly includePad: boolean;
  /** Set for the mean over a whole image where the model calls it so (TensorFlow Lite's MEAN). */
  readonly mean?: boolean;
  /** Set for the sum of the window instead of its average; no padding then. */
  readonly sum?: boolean;
}

/** The pooling of an operand, ONNX's channels second or last. */
function pooling(
  node: OnnxNode,
  reader: GraphReader,
  x: Tensor,
  layout: ImageLayout,
  attributes: AveragePool2dGraphAttributes,
): Pending {
  const image = movedTo(reader, x, layout.before);
  const [, height, width, channels] = image.shape as [number, number, number, number];
  return {
    kind: "pending",
    op: "average-pool2d",
    name: node.name,
    inputs: [image],
    attributes,
    clamp: noClamp,
    ...layout.result(...windowShape(attributes, height, width, node.name), channels),
  };
}

function localPooling(node: OnnxNode, reader: GraphReader, x: Tensor): Pending {
  const attributes = new Attributes(node, reader);
  const layout = imageLayout(node, reader, x.shape, attributes.integer("channels_last", 0) !== 0);
  const window = readWindow(attributes, node, reader, [], layout.size);
  const [below, right] = readCeilPads(attributes, node, reader, window, layout.size);
  const includePad = attributes.integer("count_include_pad", 0) !== 0;
  attributes.done();
  const [top, left, bottom, end] = window.pads;
  const whole: Window = { ...window, pads: [top, left, bottom + below, end + right] };
  const [height, width = 1] = layout.size as [number, number?];
  if (hasEmptyWindow(whole, height, width, node.name)) {
    reader.refuse(node, `pads [${whole.pads}] leave windows without any input for kernel [${window.kernel}]`);
  }
  if (!includePad || below + right === 0) return pooling(node, reader, x, layout, { ...whole, includePad });
  // Taps of the padding count, taps beyond it do not: the padding becomes part of the image.
  const pads: PadGraphAttributes = { pads: [0, top, left, 0, 0, bottom, end, 0], value: 0 };
  const padded: Move = { op: "pad", name: `${node.name}_padded`, attributes: pads };
  const before = [...layout.before, padded];
  return pooling(node, reader, x, { ...layout, before }, { ...window, pads: [0, 0, below, right], includePad: false });
}

function globalPooling(node: OnnxNode, reader: GraphReader, x: Tensor): Pending {
  const attributes = new Attributes(node, reader);
  const layout = imageLayout(node, reader, x.shape, attributes.integer("channels_last", 0) !== 0);
  attributes.done();
  const [height, width = 1] = layout.size as [number, number?];
  const whole = { kernel: [height, width], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  return pooling(node, reader, x, layout, { ...whole, includePad: false });
}

/** A real rule and a QLinear rule (X, X_scale, X_zero_point, Y_scale, Y_zero_point) around one reading of a pool. */
function rules(read: (node: OnnxNode, reader: GraphReader, x: Tensor) => Pending): [OnnxRule, OnnxRule] {
  return [
    (node, reader) => {
      reader.define(node, read(node, reader, reader.quantized(node, 0)));
      return true;
    },
    (node, reader) => qlinearResult(reader, node, read(node, reader, qlinearOperand(reader, node, 0)), 3),
  ];
}

export const [readAveragePool, readQLinearAveragePool] = rules(localPooling);
export const [readGlobalAveragePool, readQLinearGlobalAveragePool] = rules(globalPooling);

/** ReduceMean or ReduceSum of a quantized tensor. */
function reduce(kind: { readonly mean: true } | { readonly sum: true }): OnnxRule {
  return (node, reader) => {
    const read = readReduction(node, reader);
    const x = reader.quantized(node, 0);
    const { before, window, after, shape } = read(x.shape);
    const image = movedTo(reader, x, before);
    const attributes: AveragePool2dGraphAttributes = { ...window, includePad: false, ...kind };
    const common = { kind: "pending", op: "average-pool2d", name: node.name, clamp: noClamp } as const;
    reader.define(node, { ...common, inputs: [image], attributes, shape, moves: after });
    return true;
  };
}

export const readReduceMean = reduce({ mean: true });
export const readReduceSum = reduce({ sum: true });
