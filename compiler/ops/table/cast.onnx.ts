/** ONNX Cast of values on their way to a quantization: whole numbers stay, others lose their fraction; of bool, what is not 0 is 1. Source: ONNX operator specification. */
import type { Expression } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import { boundsOf, gridQuantization } from "../../import/grid.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { elementTypeName, integerTypeOf, isFloatType, truthTypeOf } from "../../import/tensor-data.js";
import { isPlain } from "../../import/values.js";
import type { Tensor } from "../../ir/graph.js";
import { typeName, typeRange } from "../../ir/types.js";
import { truncated } from "./arithmetic.onnx.js";
import { pendingFunction, requireFunction } from "./real-function.js";

/** The codes as numbers in their own right: Cast knows no scale. */
function wholeNumbers(node: OnnxNode, reader: GraphReader, tensor: Tensor): Tensor {
  if (isPlain(tensor)) return tensor;
  return reader.emit("reshape", node.name, tensor, { shape: tensor.shape }, { quantization: gridQuantization(1) });
}

export const readCast: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const to = attributes.integer("to", 0);
  attributes.integer("saturate", 1);
  attributes.text("round_mode", "up");
  attributes.done();
  const value = reader.value(node, 0);
  if (isFloatType(to) || to === 11) {
    if (!value) return reader.refuse(node, "the input is missing");
    reader.define(
      node,
      value.kind === "codes" ? { kind: "real", tensor: wholeNumbers(node, reader, value.tensor) } : value,
    );
    return true;
  }
  if (truthTypeOf(to)) {
    const operand = requireFunction(node, reader, 0);
    const { expression: x } = operand;
    const expression: Expression = ["Max", ["Greater", x, 0], ["Less", x, 0]];
    reader.define(node, pendingFunction(node, reader, { ...operand, expression }));
    return true;
  }
  const type = integerTypeOf(to);
  if (!type)
    return reader.refuse(node, `to ${elementTypeName[to] ?? to}; expected a float type, an integer type or bool`);
  if (value?.kind === "codes") {
    const own = typeRange(value.tensor.type);
    const range = typeRange(type);
    if (own.lo < range.lo || own.hi > range.hi)
      return reader.refuse(node, `codes of ${typeName(value.tensor.type)} do not all fit ${elementTypeName[to]}`);
    reader.define(node, value);
    return true;
  }
  const operand = requireFunction(node, reader, 0);
  const whole = truncated(operand.expression);
  const known = boundsOf(operand.expression, undefined);
  const { lo, hi } = typeRange(type);
  // Values beyond the type are undefined in ONNX; saturating keeps the result on a grid of the type.
  const inside = known.lo >= lo && known.hi <= hi;
  const expression: Expression = inside || type.bits > 16 ? whole : ["Min", ["Max", whole, lo], hi];
  reader.define(node, pendingFunction(node, reader, { ...operand, expression }));
  return true;
};
