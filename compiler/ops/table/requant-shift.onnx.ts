/**
 * RequantShift, the requantization of Deeploy's integer graphs: floor((x*mul + add + div/2) / div), clipped to n levels.
 * Source: Deeploy, Generic/Templates/RequantShiftTemplate and its recorded outputs.
 */
import type { Expression } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { arithmetic, combine } from "./arithmetic.onnx.js";

export const readRequantShift: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const div = attributes.number("div", 1);
  const levels = attributes.number("n_levels_out", attributes.number("n_levels", 256));
  const signed = attributes.number("signed", 1) !== 0;
  attributes.done();
  if (!Number.isInteger(Math.log2(div)) || div < 1) reader.refuse(node, `div ${div}; expected a power of two`);
  if (!Number.isInteger(levels) || levels < 2 || levels > 65536)
    reader.refuse(node, `${levels} levels; expected 2 to 65536`);
  const [lo, hi] = signed ? [-levels / 2, levels / 2 - 1] : [0, levels - 1];
  const operands = arithmetic(node, reader, 3);
  combine(node, reader, operands, ([x, mul, add]): Expression => {
    const sum: Expression = ["Add", ["Add", ["Mul", x!, mul!], add!], div / 2];
    return ["Min", ["Max", ["Floor", ["Div", sum, div]], lo], hi];
  });
  return true;
};
