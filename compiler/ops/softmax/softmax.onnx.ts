/** ONNX Softmax over the last axis. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { noClamp } from "../../ir/graph.js";

export const readSoftmax: OnnxRule = (node, reader) => {
  const x = reader.quantized(node, 0);
  const rank = x.shape.length;
  const attributes = new Attributes(node, reader);
  // Before opset 13 the axis was 1 by default and all later axes were flattened into it.
  const given = attributes.integer("axis", reader.opset < 13 ? 1 : -1);
  attributes.done();
  const axis = given < 0 ? given + rank : given;
  if (axis !== rank - 1) reader.refuse(node, `axis ${given} of a ${rank}-dimensional input; expected the last axis`);
  if (x.shape[axis]! > 255) reader.refuse(node, `${x.shape[axis]} classes; at most 255 are supported`);
  reader.define(node, {
    kind: "pending",
    op: "softmax",
    name: node.name,
    inputs: [x],
    attributes: {},
    clamp: noClamp,
    shape: x.shape,
  });
  return true;
};
