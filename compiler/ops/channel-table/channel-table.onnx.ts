/** ONNX BatchNormalization: a function per channel of a quantized tensor or of an unquantized result. Source: ONNX operator specification. */
import type { Expression } from "../../arith/expression.js";
import { f32 } from "../../arith/float32.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { pendingFunction, realConstant, requireFunction, withAxisLast } from "../table/real-function.js";

/** (x - mean) / sqrt(variance + epsilon) * scale + shift, one constant of each per channel (axis 1). */
export const readBatchNormalization: OnnxRule = (node, reader) => {
  const source = requireFunction(node, reader, 0);
  const attributes = new Attributes(node, reader);
  const epsilon = f32(attributes.float("epsilon", 1e-5));
  attributes.float("momentum", 0.9);
  const training = attributes.integer("training_mode", 0) !== 0 || attributes.integer("spatial", 1) !== 1;
  attributes.done();
  const { shape } = source;
  if (training || node.outputs.filter((name) => name !== "").length !== 1)
    reader.refuse(node, "training mode and its further outputs are not supported");
  if (shape.length < 2) reader.refuse(node, `an input of shape [${shape}]; expected [N, C, ..]`);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) => perChannel(node, reader, index, shape[1]!)) as [
    Expression,
    Expression,
    Expression,
    Expression,
  ];
  const deviation: Expression = ["Sqrt", ["Add", variance, epsilon]];
  const expression: Expression = ["Add", ["Mul", ["Div", ["Sub", source.expression, mean], deviation], scale], shift];
  reader.define(node, pendingFunction(node, reader, { ...withAxisLast(node, reader, source, 1), expression }));
  return true;
};

function perChannel(node: OnnxNode, reader: GraphReader, index: number, channels: number): Expression {
  const constant = realConstant(reader.value(node, index));
  if (constant?.values.length !== channels) {
    return reader.refuse(node, `input ${index} must be a constant with ${channels} numbers, one per channel`);
  }
  return { perChannel: Array.from(constant.values) };
}
