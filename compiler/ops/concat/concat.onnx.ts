/** ONNX Concat of values that are or will be of one quantization, and com.microsoft QLinearConcat. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import { equalQuantization } from "../../import/quantize-rules.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { axisOf } from "../axis.js";
import type { ConcatAttributes } from "./concat.types.js";

/** The concatenation of tensors whose quantizations may differ. */
function concatenation(node: OnnxNode, reader: GraphReader, inputs: readonly Tensor[]): Pending {
  const attributes = new Attributes(node, reader);
  const given = attributes.integer("axis", 1);
  attributes.done();
  const first = inputs[0] ?? reader.refuse(node, "there are no inputs");
  if (inputs.some(({ data }) => data)) reader.refuse(node, "joining a constant is not supported; expected activations");
  const axis = axisOf(given, first.shape.length) ?? reader.refuse(node, `axis ${given} of shape [${first.shape}]`);
  for (const { shape } of inputs) {
    const fits = shape.length === first.shape.length && shape.every((dim, i) => i === axis || dim === first.shape[i]);
    if (!fits) reader.refuse(node, `shapes [${first.shape}] and [${shape}] differ beside axis ${axis}`);
  }
  const shape = first.shape.map((dim, i) =>
    i === axis ? inputs.reduce((sum, input) => sum + input.shape[i]!, 0) : dim,
  );
  const own: ConcatAttributes = { axis };
  return {
    kind: "pending",
    op: "concat",
    name: node.name,
    inputs,
    attributes: own,
    clamp: noClamp,
    alikeFrom: 0,
    shape,
    moves: [],
  };
}

export const readConcat: OnnxRule = (node, reader) => {
  const values = node.inputs.map((_, i) => reader.value(node, i));
  const kinds = new Set(values.map((value) => value?.kind));
  const pending = concatenation(
    node,
    reader,
    values.map((value, i) => (value?.kind === "codes" ? value.tensor : reader.quantized(node, i))),
  );
  const [first, ...rest] = pending.inputs as [Tensor, ...Tensor[]];
  const same = rest.every(
    ({ type, quantization }) =>
      type.signed === first.type.signed && equalQuantization(quantization, first.quantization),
  );
  const codes = kinds.has("codes");
  if (codes && (kinds.size > 1 || !same))
    reader.refuse(
      node,
      "the inputs are codes of different quantizations; expected one, or DequantizeLinear before each",
    );
  if (!same) reader.define(node, pending);
  else
    reader.define(node, {
      kind: codes ? "codes" : "real",
      tensor: reader.emit("concat", node.name, pending.inputs, pending.attributes),
    });
  return true;
};

/** com.microsoft QLinearConcat: Y_scale, Y_zero_point, then X, X_scale, X_zero_point of each input. */
export const readQLinearConcat: OnnxRule = (node, reader) => {
  const count = Math.floor((node.inputs.length - 2) / 3);
  const inputs = Array.from({ length: count }, (_, i) => qlinearOperand(reader, node, 2 + 3 * i));
  return qlinearResult(reader, node, concatenation(node, reader, inputs), 0);
};
