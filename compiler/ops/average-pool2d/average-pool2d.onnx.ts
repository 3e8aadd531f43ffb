/** ONNX AveragePool, GlobalAveragePool and their QLinear forms (2-D); ReduceMean and ReduceSum as such pools. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { readWindow } from "../conv2d/conv2d.onnx.js";
import type { Window } from "../conv2d/conv2d.types.js";
import { fromChannelsLast, toChannelsLast } from "../layout.js";
import { readReduction } from "../reduction.js";
import { hasEmptyWindow, windowShape } from "../window.js";

export interface AveragePool2dGraphAttributes extends Window {
  readonly includePad: boolean;
  /** Set for the mean over a whole image where the model calls it so (TensorFlow Lite's MEAN). */
  readonly mean?: boolean;
  /** Set for the sum of the window instead of its average; no padding then. */
  readonly sum?: boolean;
}

/** The pooling of an image tensor in ONNX's order, or already channels last. */
function pooling(
  node: OnnxNode,
  reader: GraphReader,
  x: Tensor,
  attributes: AveragePool2dGraphAttributes,
  channelsLast = false,
): Pending {
  const [height, width, channels] = channelsLast
    ? [x.shape[1]!, x.shape[2]!, x.shape[3]!]
    : [x.shape[2]!, x.shape[3]!, x.shape[1]!];
  const [rows, columns] = windowShape(attributes, height, width, node.name);
  return {
    kind: "pending",
    op: "average-pool2d",
    name: node.name,
    inputs: [channelsLast ? x : toChannelsLast(reader, node, x)],
    attributes,
    clamp: noClamp,
    shape: channelsLast ? [1, rows, columns, channels] : [1, channels, rows, columns],
    moves: channelsLast ? [] : [fromChannelsLast(node)],
  };
}

function requireImage(node: OnnxNode, reader: GraphReader, x: Tensor): void {
  if (x.shape.length !== 4 || x.shape[0] !== 1)
    reader.refuse(node, `input of shape [${x.shape}]; expected [1, C, H, W]`);
}

function localPooling(node: OnnxNode, reader: GraphReader, x: Tensor): Pending {
  requireImage(node, reader, x);
  const attributes = new Attributes(node, reader);
  const channelsLast = attributes.integer("channels_last", 0) !== 0;
  const size: [number, number] = channelsLast ? [x.shape[1]!, x.shape[2]!] : [x.shape[2]!, x.shape[3]!];
  const window = readWindow(attributes, node, reader, [], size);
  if (attributes.integer("ceil_mode", 0) !== 0) reader.refuse(node, "ceil_mode 1 is not supported");
  const includePad = attributes.integer("count_include_pad", 0) !== 0;
  attributes.done();
  if (hasEmptyWindow(window, size[0], size[1], node.name)) {
    reader.refuse(node, `pads [${window.pads}] leave windows without any input for kernel [${window.kernel}]`);
  }
  return pooling(node, reader, x, { ...window, includePad }, channelsLast);
}

function globalPooling(node: OnnxNode, reader: GraphReader, x: Tensor): Pending {
  requireImage(node, reader, x);
  const attributes = new Attributes(node, reader);
  const channelsLast = attributes.integer("channels_last", 0) !== 0;
  attributes.done();
  const kernel: [number, number] = channelsLast ? [x.shape[1]!, x.shape[2]!] : [x.shape[2]!, x.shape[3]!];
  const whole = { kernel, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], includePad: false } as const;
  return pooling(node, reader, x, whole, channelsLast);
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
    const image = before.reduce((tensor, { op, name, attributes }) => reader.emit(op, name, tensor, attributes), x);
    const attributes: AveragePool2dGraphAttributes = { ...window, includePad: false, ...kind };
    const common = { kind: "pending", op: "average-pool2d", name: node.name, clamp: noClamp } as const;
    reader.define(node, { ...common, inputs: [image], attributes, shape, moves: after });
    return true;
  };
}

export const readReduceMean = reduce({ mean: true });
export const readReduceSum = reduce({ sum: true });
