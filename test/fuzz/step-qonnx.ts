/** QONNX's quantizers, which take and give real values. */
import type { DataType } from "../helpers/onnx.js";
import { amplitudeOf, type GraphState, rangeOf } from "./values.js";

const domain = "qonnx.custom_op.general";

/** Quant with codes of 2, 4 or 8 bits. */
export function quant(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const type = choices.pick<DataType>(["int8", "uint8", "int4", "uint4"]);
  const { lo, hi } = rangeOf(type);
  const scale = state.scale((2 * amplitudeOf(x)) / (hi - lo));
  const zeroPoint = choices.chance(0.3) ? choices.integer(lo, hi) : 0;
  const constants = [scale, zeroPoint, type.endsWith("8") ? 8 : 4];
  const inputs = [state.real(x), ...constants.map((value) => state.constant("float", [], [value], "quant"))];
  const attributes = {
    signed: lo < 0 ? 1 : 0,
    narrow: choices.chance(0.3) ? 1 : 0,
    rounding_mode: choices.pick(["ROUND", "FLOOR", "CEIL", "ROUND_TO_ZERO"]),
  };
  const real = builder.node("Quant", inputs, attributes, { domain });
  state.add({ real, dims: x.dims, affine: { scale, zeroPoint, type } });
}
