/** ADD, the RELU family and SOFTMAX. */
import { type NodeReader, sameShape } from "./node-reader.js";

/** Two activations of one shape; option activation. */
export function readAdd(node: NodeReader): void {
  const [a, b] = [node.activation(0), node.activation(1)];
  if (!sameShape(a.shape, b.shape))
    node.refuse(`shapes [${a.shape}] and [${b.shape}] differ; broadcasting is not supported`);
  node.define(node.add({ op: "add", inputs: [a, b], attributes: {}, clamp: node.clamp(0) }, node.output));
}

/** RELU, RELU6 and RELU_N1_TO_1 as operators of their own. */
export function readRelu(min: number, max: number): (node: NodeReader) => void {
  return (node) =>
    node.define(
      node.add({ op: "table", inputs: [node.activation(0)], attributes: {}, clamp: { min, max } }, node.output),
    );
}

/** Over the last axis; option beta. */
export function readSoftmax(node: NodeReader): void {
  const x = node.activation(0);
  const beta = node.options.float32(0);
  if (beta !== 1) node.refuse(`beta ${beta}; expected 1`);
  const classes = x.shape.at(-1);
  if (classes === undefined || classes > 255) node.refuse(`${classes ?? "no"} classes; expected 1 to 255`);
  node.define(node.add({ op: "softmax", inputs: [x], attributes: {} }, node.output));
}
