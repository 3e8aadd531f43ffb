/** Float graph inputs of which the user says what codes they hold (--input-type). */
import { fail } from "../diagnostics.js";
import { opHomes } from "../ops/index.js";
import type { InputCodes, OnnxModel, OnnxValue } from "./onnx.js";
import { isFloatType } from "./tensor-data.js";

/**
 * The codes of each float graph input that has some declared: by its own name, or by the name "", which stands for every
 * other input that the model does not quantize itself. Throws QC6001 for a name that is no float graph input.
 */
export function inputCodes(
  declared: ReadonlyMap<string, InputCodes> | undefined,
  model: OnnxModel,
): ReadonlyMap<string, InputCodes> {
  const floats = model.inputs.filter(({ dataType }) => isFloatType(dataType));
  const known =
    floats.length === 0 ? "the model has none" : `expected ${floats.map(({ name }) => `'${name}'`).join(", ")}`;
  const codes = new Map<string, InputCodes>();
  for (const [name, given] of declared ?? []) {
    if (name === "") continue;
    if (!floats.some((input) => input.name === name))
      fail("QC6001", `--input-type ${name}: no float graph input has this name; ${known}.`);
    codes.set(name, given);
  }
  const others = declared?.get("");
  if (!others) return codes;
  const open = floats.filter((input) => !codes.has(input.name) && !isQuantized(model, input));
  if (open.length === 0) {
    fail("QC6001", "--input-type without a name: every float graph input is quantized by the model, or named already.");
  }
  for (const { name } of open) codes.set(name, others);
  return codes;
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
