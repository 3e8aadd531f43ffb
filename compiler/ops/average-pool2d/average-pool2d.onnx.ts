/** ONNX AveragePool and GlobalAveragePool (2-D). */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { type Tensor, noClamp } from "../../ir/graph.js";
import type { Window } from "../conv2d/conv2d.types.js";
import { readWindow } from "../conv2d/conv2d.onnx.js";
import { fromChannelsLast, toChannelsLast } from "../layout.js";
import { windowShape } from "../window.js";

export interface AveragePool2dGraphAttributes extends Window {
  readonly includePad: boolean;
}

function image(node: OnnxNode, reader: GraphReader): Tensor {
  const x = reader.quantized(node, 0);
  if (x.shape.length !== 4) reader.refuse(node, `input of shape [${x.shape}]; expected [N, C, H, W]`);
  return x;
}

function pending(node: OnnxNode, reader: GraphReader, x: Tensor, attributes: AveragePool2dGraphAttributes): boolean {
  const [rows, columns] = windowShape(attributes, x.shape[2]!, x.shape[3]!, node.name);
  reader.define(node, {
    kind: "pending",
    op: "average-pool2d",
    name: node.name,
    inputs: [toChannelsLast(reader, node, x)],
    attributes,
    clamp: noClamp,
    shape: [1, rows, columns, x.shape[1]!],
    permutation: fromChannelsLast,
  });
  return true;
}

export const readAveragePool: OnnxRule = (node, reader) => {
  const x = image(node, reader);
  const attributes = new Attributes(node, reader);
  const window = readWindow(attributes, node, reader, [], [x.shape[2]!, x.shape[3]!]);
  if (attributes.integer("ceil_mode", 0) !== 0) reader.refuse(node, "ceil_mode 1 is not supported");
  const includePad = attributes.integer("count_include_pad", 0) !== 0;
  attributes.done();
  if (window.pads.some((pad, i) => pad > (window.kernel[i % 2]! - 1) * window.dilations[i % 2]!)) {
    reader.refuse(node, `pads [${window.pads}] leave windows without any input for kernel [${window.kernel}]`);
  }
  return pending(node, reader, x, { ...window, includePad });
};

export const readGlobalAveragePool: OnnxRule = (node, reader) => {
  const x = image(node, reader);
  new Attributes(node, reader).done();
  return pending(node, reader, x, {
    kernel: [x.shape[2]!, x.shape[3]!],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    includePad: false,
  });
};
