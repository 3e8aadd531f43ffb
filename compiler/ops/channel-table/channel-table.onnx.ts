/** ONNX BatchNormalization of a quantized tensor: a function per channel. Source: ONNX operator specification. */
import type { Expression } from "../../arith/expression.js";
import { f32 } from "../../arith/float32.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { fromChannelsLast, toChannelsLast } from "../layout.js";
import { pendingFunction, realConstant, requireFunction } from "../table/real-function.js";

/** (x - mean) / sqrt(variance + epsilon) * scale + shift, one constant of each per channel (axis 1). */
export const readBatchNormalization: OnnxRule = (node, reader) => {
  const source = requireFunction(node, reader, 0);
  const attributes = new Attributes(node, reader);
  const epsilon = f32(attributes.float("epsilon", 1e-5));
  attributes.float("momentum", 0.9);
  const training = attributes.integer("training_mode", 0) !== 0 || attributes.integer("spatial", 1) !== 1;
  attributes.done();
  const { shape, moves, tensor } = source;
  if (training || node.outputs.filter((name) => name !== "").length !== 1)
    reader.refuse(node, "training mode and its further outputs are not supported");
  if (moves.length > 0 || (shape.length !== 4 && shape.length !== 2)) {
    reader.refuse(node, `an input of shape [${shape}]; expected a quantized [1, C, H, W] or [N, C]`);
  }
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) => perChannel(node, reader, index, shape[1]!)) as [
    Expression,
    Expression,
    Expression,
    Expression,
  ];
  const deviation: Expression = ["Sqrt", ["Add", variance, epsilon]];
  const expression: Expression = ["Add", ["Mul", ["Div", ["Sub", source.expression, mean], deviation], scale], shift];
  const image = shape.length === 4;
  reader.define(
    node,
    pendingFunction(node, {
      tensor: image ? toChannelsLast(reader, node, tensor) : tensor,
      expression,
      moves: image ? [fromChannelsLast(node)] : [],
      shape,
    }),
  );
  return true;
};

function perChannel(node: OnnxNode, reader: GraphReader, index: number, channels: number): Expression {
  const constant = realConstant(reader.value(node, index));
  if (constant?.values.length !== channels) {
    return reader.refuse(node, `input ${index} must be a constant with ${channels} numbers, one per channel`);
  }
  return { perChannel: Array.from(constant.values) };
}
