/** ONNX MaxPool (2-D): selects codes, so quantization passes through it. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { readWindow } from "../conv2d/conv2d.onnx.js";
import { fromChannelsLast, toChannelsLast } from "../layout.js";
import { hasEmptyWindow } from "../window.js";
import type { MaxPool2dAttributes } from "./max-pool2d.types.js";

export const readMaxPool: OnnxRule = (node, reader) => {
  const value = reader.value(node, 0);
  if (value?.kind !== "codes" && value?.kind !== "real") return reader.refuse(node, "the input must be quantized");
  const { tensor } = value;
  if (tensor.shape.length !== 4) reader.refuse(node, `input of shape [${tensor.shape}]; expected [N, C, H, W]`);
  const attributes = new Attributes(node, reader);
  const window = readWindow(attributes, node, reader, [], [tensor.shape[2]!, tensor.shape[3]!]);
  if (attributes.integer("ceil_mode", 0) !== 0) reader.refuse(node, "ceil_mode 1 is not supported");
  attributes.integer("storage_order", 0);
  attributes.done();
  // A window that lies in the padding alone would have no maximum.
  if (hasEmptyWindow(window, tensor.shape[2]!, tensor.shape[3]!, node.name)) {
    reader.refuse(node, `pads [${window.pads}] leave windows without any input for kernel [${window.kernel}]`);
  }
  const pooled = reader.emit("max-pool2d", node.name, toChannelsLast(reader, node, tensor), window satisfies MaxPool2dAttributes);
  const output = reader.emit("transpose", `${node.name}_to_onnx`, pooled, { permutation: fromChannelsLast });
  reader.define(node, { kind: value.kind, tensor: output });
  return true;
};
