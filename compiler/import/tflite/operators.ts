/** Which operators of TensorFlow Lite are read, by their BuiltinOperator number. */
import { readConv2d, readDepthwiseConv2d, readFullyConnected } from "./convolutions.js";
import { readAdd, readRelu, readSoftmax } from "./elementwise.js";
import { readExpandDims, readPad, readReshape, readSqueeze, readTranspose } from "./movements.js";
import type { NodeReader } from "./node-reader.js";
import { readAveragePool2d, readMaxPool2d, readMean } from "./pools.js";

export interface OperatorReader {
  /** BuiltinOptions number of its options table, 0 when it has none. */
  readonly options: number;
  read(node: NodeReader): void;
}

export const operatorReaders: ReadonlyMap<number, OperatorReader> = new Map([
  [0, { options: 11, read: readAdd }],
  [1, { options: 5, read: readAveragePool2d }],
  [3, { options: 1, read: readConv2d }],
  [4, { options: 2, read: readDepthwiseConv2d }],
  [6, { options: 38, read: (node: NodeReader) => node.dequantize() }],
  [9, { options: 8, read: readFullyConnected }],
  [17, { options: 5, read: readMaxPool2d }],
  [19, { options: 0, read: readRelu(0, Infinity) }],
  [20, { options: 0, read: readRelu(-1, 1) }],
  [21, { options: 0, read: readRelu(0, 6) }],
  [22, { options: 17, read: readReshape }],
  [25, { options: 9, read: readSoftmax }],
  [34, { options: 22, read: readPad }],
  [39, { options: 26, read: readTranspose }],
  [40, { options: 27, read: readMean }],
  [43, { options: 30, read: readSqueeze }],
  [70, { options: 52, read: readExpandDims }],
  [114, { options: 89, read: (node: NodeReader) => node.quantize() }],
]);
