/** conv2d as a qc_conv2d stage. */

import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { type MatrixLayer, matrixFoldings, matrixStage } from "../../../targets/verilog/matrix.js";
import type { IntegerNode } from "../../ir/index.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

function layerOf(node: IntegerNode<Conv2dAttributes>): MatrixLayer {
  const [, height, width, channels] = node.inputs[0]!.shape as [number, number, number, number];
  const [, outHeight, outWidth, outChannels] = node.output.shape as [number, number, number, number];
  const types = { inputType: node.inputs[0]!.type, outputType: node.output.type };
  return { ...node.attributes, height, width, channels, outHeight, outWidth, outChannels, ...types };
}

export const verilog: VerilogLowering<Conv2dAttributes> = {
  foldings: (node) => matrixFoldings(layerOf(node)),
  stage: (node, { folding }) => matrixStage(layerOf(node), folding),
};
