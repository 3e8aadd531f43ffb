/** ONNX Softmax and QLinearSoftmax over the last axis. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";

/** More would not fit quotientHalfEven at any scale that 8-bit results have. */
export const mostClasses = 4096;

function softmax(node: OnnxNode, reader: GraphReader, x: Tensor, attributes: Attributes, opset: number): Pending {
  const rank = x.shape.length;
  // Before opset 13 the axis was 1 by default and all later axes were flattened into it.
  const given = attributes.integer("axis", opset < 13 ? 1 : -1);
  attributes.done();
  const axis = given < 0 ? given + rank : given;
  if (rank === 0 || axis !== rank - 1)
    reader.refuse(node, `axis ${given} of a ${rank}-dimensional input; expected the last axis`);
  if (x.shape[axis]! > mostClasses)
    reader.refuse(node, `${x.shape[axis]} classes; at most ${mostClasses} are supported`);
  return {
    kind: "pending",
    op: "softmax",
    name: node.name,
    inputs: [x],
    attributes: {},
    clamp: noClamp,
    shape: x.shape,
    moves: [],
  };
}

export const readSoftmax: OnnxRule = (node, reader) => {
  reader.define(node, softmax(node, reader, reader.quantized(node, 0), new Attributes(node, reader), reader.opset));
  return true;
};

/** com.microsoft QLinearSoftmax: X, X_scale, X_zero_point, Y_scale, Y_zero_point; its own `opset` attribute. */
export const readQLinearSoftmax: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const opset = attributes.integer("opset", 13);
  return qlinearResult(reader, node, softmax(node, reader, qlinearOperand(reader, node, 0), attributes, opset), 3);
};
