/** Graph inputs of which the user says what codes they hold (--input-type): reals, and integers of fewer bits than their type has. */
import { fail } from "../diagnostics.js";
import { opHomes } from "../ops/index.js";
import type { InputCodes, OnnxModel, OnnxValue } from "./onnx.js";
import { integerTypeOf, isFloatType } from "./tensor-data.js";

/**
 * The codes of each graph input that has some declared: by its own name, or by the name "", which stands for every other
 * float input that the model does not quantize itself. Throws QC6001 for a name that is no input of reals or wide integers.
 */
export function inputCodes(
  declared: ReadonlyMap<string, InputCodes> | undefined,
  model: OnnxModel,
): ReadonlyMap<string, InputCodes> {
  const floats = model.inputs.filter(({ dataType }) => isFloatType(dataType));
  const open = model.inputs.filter(({ dataType }) => isFloatType(dataType) || isWide(dataType));
  const known = open.length === 0 ? "the model has none" : `expected ${open.map(({ name }) => `'${name}'`).join(", ")}`;
  const codes = new Map<string, InputCodes>();
  for (const [name, given] of declared ?? []) {
    if (name === "") continue;
    const input = open.find((one) => one.name === name);
    if (!input) fail("QC6001", `--input-type ${name}: no float, int32 or int64 graph input has this name; ${known}.`);
    const { scales, zeroPoints } = given.quantization;
    if (!isFloatType(input.dataType) && (scales[0] !== 1 || zeroPoints[0] !== 0))
      fail("QC6001", `--input-type ${name}: the input holds integers; expected a type without scale and zero point.`);
    codes.set(name, given);
  }
  const others = declared?.get("");
  if (!others) return codes;
  const unquantized = floats.filter((input) => !codes.has(input.name) && !isQuantized(model, input));
  if (unquantized.length === 0) {
    fail("QC6001", "--input-type without a name: every float graph input is quantized by the model, or named already.");
  }
  for (const { name } of unquantized) codes.set(name, others);
  return codes;
}

/** Whether inputs of the type may hold fewer bits than they have. */
function isWide(dataType: number): boolean {
  return (integerTypeOf(dataType)?.bits ?? 0) > 16;
}

const quantizers: ReadonlySet<string> = new Set(["QuantizeLinear", "Quant", "BipolarQuant"]);

/** Whether a quantizer follows the input, at once or behind functions and movements of its elements. */
function isQuantized(model: OnnxModel, input: OnnxValue): boolean {
  const carriers = new Set([input.name]);
  for (const { opType, inputs, outputs } of model.nodes) {
    if (!inputs.some((name) => carriers.has(name))) continue;
    if (quantizers.has(opType)) return true;
    const carries = [...opHomes.values()].some((home) => (home.movesCodes || home.elementwise) && home.onnx[opType]);
    if (carries) for (const output of outputs) carriers.add(output);
  }
  return false;
}
