/** ONNX MaxPool and GlobalMaxPool (2-D), ReduceMax: they select codes, so quantization passes through them. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { readWindow } from "../conv2d/conv2d.onnx.js";
import { channelsLast, fromChannelsLast } from "../layout.js";
import { readReduction } from "../reduction.js";
import { hasEmptyWindow } from "../window.js";
import type { MaxPool2dAttributes } from "./max-pool2d.types.js";

export const readMaxPool: OnnxRule = (node, reader) =>
  reader.move(node, (shape) => {
    if (shape.length !== 4 || shape[0] !== 1) reader.refuse(node, `input of shape [${shape}]; expected [1, C, H, W]`);
    const [height, width] = [shape[2]!, shape[3]!];
    const attributes = new Attributes(node, reader);
    const window = readWindow(attributes, node, reader, [], [height, width]);
    if (attributes.integer("ceil_mode", 0) !== 0) reader.refuse(node, "ceil_mode 1 is not supported");
    attributes.integer("storage_order", 0);
    attributes.done();
    // A window that lies in the padding alone would have no maximum.
    if (hasEmptyWindow(window, height, width, node.name)) {
      reader.refuse(node, `pads [${window.pads}] leave windows without any input for kernel [${window.kernel}]`);
    }
    const pool = { op: "max-pool2d", name: node.name, attributes: window satisfies MaxPool2dAttributes };
    return [channelsLast(node), pool, fromChannelsLast(node)];
  });

export const readGlobalMaxPool: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  return reader.move(node, (shape) => {
    if (shape.length !== 4 || shape[0] !== 1)
      return reader.refuse(node, `input of shape [${shape}]; expected [1, C, H, W]`);
    const kernel = [shape[2]!, shape[3]!] as const;
    const attributes: MaxPool2dAttributes = { kernel, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
    return [channelsLast(node), { op: "max-pool2d", name: node.name, attributes }, fromChannelsLast(node)];
  });
};

export const readReduceMax: OnnxRule = (node, reader) => {
  const read = readReduction(node, reader);
  return reader.move(node, (shape) => {
    const { before, window, after } = read(shape);
    return [
      ...before,
      { op: "max-pool2d", name: node.name, attributes: window satisfies MaxPool2dAttributes },
      ...after,
    ];
  });
};
