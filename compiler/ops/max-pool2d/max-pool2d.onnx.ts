/** ONNX MaxPool and GlobalMaxPool (of images and signals), ReduceMax and ReduceMin: they select codes, so quantization passes through them. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, Move, OnnxRule } from "../../import/rules.js";
import { imageLayout } from "../layout.js";
import { readReduction } from "../reduction.js";
import { hasEmptyWindow, windowShape } from "../window.js";
import { readPoolWindow } from "../window.onnx.js";
import type { MaxPool2dAttributes } from "./max-pool2d.types.js";

/** The pool of an operand of this shape, with the movements around it. */
function pool(
  node: OnnxNode,
  reader: GraphReader,
  shape: readonly number[],
  windowOf: (size: readonly number[]) => MaxPool2dAttributes,
): readonly Move[] {
  const { size, channels, before, result } = imageLayout(node, reader, shape);
  const attributes = windowOf(size);
  const [height, width = 1] = size as [number, number?];
  const outputs = windowShape(attributes, height, width, node.name);
  return [...before, { op: "max-pool2d", name: node.name, attributes }, ...result(...outputs, channels).moves];
}

export const readMaxPool: OnnxRule = (node, reader) =>
  reader.move(node, (shape) =>
    pool(node, reader, shape, (size) => {
      const attributes = new Attributes(node, reader);
      const window = readPoolWindow(attributes, node, reader, size);
      attributes.integer("storage_order", 0);
      attributes.done();
      const [height, width = 1] = size as [number, number?];
      // A window that lies in the padding alone would have no maximum.
      if (hasEmptyWindow(window, height, width, node.name)) {
        reader.refuse(node, `pads [${window.pads}] leave windows without any input for kernel [${window.kernel}]`);
      }
      return window;
    }),
  );

export const readGlobalMaxPool: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  return reader.move(node, (shape) =>
    pool(node, reader, shape, ([height, width = 1]) => ({
      kernel: [height!, width],
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
    })),
  );
};

const reduce =
  (extremum: Pick<MaxPool2dAttributes, "least">): OnnxRule =>
  (node, reader) => {
    const read = readReduction(node, reader);
    return reader.move(node, (shape) => {
      const { before, window, after } = read(shape);
      const attributes: MaxPool2dAttributes = { ...window, ...extremum };
      return [...before, { op: "max-pool2d", name: node.name, attributes }, ...after];
    });
  };

export const readReduceMax = reduce({});
export const readReduceMin = reduce({ least: true });
