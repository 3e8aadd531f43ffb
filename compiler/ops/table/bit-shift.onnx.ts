/** ONNX BitShift of whole numbers by constants: products and floored quotients of powers of two. Source: ONNX operator specification. */
import type { Expression } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { typeName, typeRange } from "../../ir/types.js";
import { arithmetic, combine } from "./arithmetic.onnx.js";

export const readBitShift: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const direction = attributes.text("direction", "");
  attributes.done();
  if (direction !== "LEFT" && direction !== "RIGHT")
    return reader.refuse(node, `direction '${direction}'; expected LEFT or RIGHT`);
  const amounts = reader.numbers(node, 1) ?? [];
  const type = reader.quantized(node, 0).type;
  if (type.signed) reader.refuse(node, `codes of ${typeName(type)}; expected unsigned ones`);
  if (amounts.some((amount) => amount >= type.bits))
    reader.refuse(node, `a shift of ${typeName(type)} by all its bits`);
  combine(node, reader, arithmetic(node, reader, 2), ([x, amount]): Expression => {
    const power = powerOf(amount!);
    // Bits shifted out are lost: what remains of the product is its rest.
    const size = typeRange(type).hi + 1;
    if (direction === "RIGHT") return ["Floor", ["Div", x!, power]];
    const product: Expression = ["Mul", x!, power];
    const rest: Expression = ["Sub", product, ["Mul", ["Floor", ["Div", product, size]], size]];
    // Floor changes nothing, but says that the values are whole.
    return ["Min", ["Max", ["Floor", rest], 0], size - 1];
  });
  return true;
};

function powerOf(amount: Expression): Expression {
  if (typeof amount === "number") return 2 ** amount;
  return { perChannel: (amount as { readonly perChannel: readonly number[] }).perChannel.map((each) => 2 ** each) };
}
