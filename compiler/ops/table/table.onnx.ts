/** ONNX Relu and Clip: bounds on a result that is still to be quantized, or a table on quantized values. */
import type { Expression } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { pendingFunction, requireFunction } from "./real-function.js";

/** Tightens the clamp of a pending result; a quantized input becomes a pending table. */
function bound(node: OnnxNode, reader: GraphReader, min: number, max: number): boolean {
  const value = reader.value(node, 0);
  if (value?.kind === "pending") {
    // Clamps compose: clamp(clamp(x, a, b), c, d) has both ends inside [c, d].
    const into = (bound: number) => Math.min(Math.max(bound, min), max);
    reader.define(node, { ...value, clamp: { min: into(value.clamp.min), max: into(value.clamp.max) } });
    return true;
  }
  const found = requireFunction(node, reader, 0);
  const pending = pendingFunction(node, reader, found);
  if (pending.kind === "pending") {
    reader.define(node, { ...pending, attributes: {}, clamp: { min, max } });
    return true;
  }
  const raised: Expression = min === -Infinity ? found.expression : ["Max", found.expression, min];
  const expression: Expression = max === Infinity ? raised : ["Min", raised, max];
  reader.define(node, pendingFunction(node, reader, { ...found, expression }));
  return true;
}

export const readRelu: OnnxRule = (node, reader) => bound(node, reader, 0, Infinity);

export const readClip: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const min = reader.numbers(node, 1)?.[0] ?? attributes.float("min", -Infinity);
  const max = reader.numbers(node, 2)?.[0] ?? attributes.float("max", Infinity);
  attributes.done();
  if (!(min <= max) || min === Infinity || max === -Infinity) reader.refuse(node, `bounds ${min} to ${max} are empty`);
  return bound(node, reader, min, max);
};
