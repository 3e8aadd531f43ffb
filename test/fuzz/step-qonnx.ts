/** QONNX's quantizers, which take and give real values. */
import { typeRange } from "../../compiler/ir/index.js";
import type { DataType } from "../helpers/onnx.js";
import { amplitudeOf, type GraphState } from "./values.js";

const domain = "qonnx.custom_op.general";

/** Quant of 1 to 16 bits; codes of a width that ONNX has no type for are quantized again behind it. */
export function quant(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const bits = choices.pick([8, 8, 4, 1, 2, 3, 5, 6, 7, 12, 16]);
  const signed = choices.chance(0.5);
  const { lo, hi } = typeRange({ bits, signed });
  const scale = state.scale((2 * amplitudeOf(x)) / (hi - lo));
  const zeroPoint = choices.chance(0.3) ? choices.integer(lo, hi) : 0;
  const inputs = [
    state.real(x),
    ...[scale, zeroPoint, bits].map((value) => state.constant("float", [], [value], "quant")),
  ];
  const attributes = {
    signed: signed ? 1 : 0,
    narrow: choices.chance(0.3) ? 1 : 0,
    rounding_mode: choices.pick(["ROUND", "FLOOR", "CEIL", "ROUND_TO_ZERO"]),
  };
  const real = builder.node("Quant", inputs, attributes, { domain });
  if (bits === 8 || bits === 4) {
    const type: DataType = signed ? `int${bits}` : `uint${bits}`;
    state.add({ real, dims: x.dims, affine: { scale, zeroPoint, type } });
  } else state.finish({ name: real, dims: x.dims, amplitude: scale * Math.max(zeroPoint - lo, hi - zeroPoint) });
}
