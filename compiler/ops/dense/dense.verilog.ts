/** dense as a qc_conv2d stage: rows of the matrix are pixels of an image one pixel wide. */

import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { type MatrixLayer, matrixFoldings, matrixStage } from "../../../targets/verilog/matrix.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";

function layerOf(node: IntegerNode<DenseAttributes>): MatrixLayer {
  const { shape, type } = node.inputs[0]!;
  const channels = shape[shape.length - 1]!;
  const height = elementCount(shape) / channels;
  return {
    ...node.attributes,
    kernel: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
    height,
    width: 1,
    channels,
    outHeight: height,
    outWidth: 1,
    outChannels: node.output.shape[node.output.shape.length - 1]!,
    inputType: type,
    outputType: node.output.type,
  };
}

export const verilog: VerilogLowering<DenseAttributes> = {
  foldings: (node) => matrixFoldings(layerOf(node)),
  stage: (node, { folding }) => matrixStage(layerOf(node), folding),
};
