/** What a host does around the integer core: reals to codes at the inputs, codes to reals at the outputs. */
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { Tensor } from "../../compiler/ir/graph.js";
import { typeRange } from "../../compiler/ir/types.js";
import { type DenseTensor, isReal } from "./element-types.js";
import { halfToNumber, numberToHalf } from "./half.js";

/** A compiled model that takes and gives tensors as the ONNX model declares them. */
export interface Compiled {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** One inference by the interpreter. Inputs are by name; outputs come in the model's order, as codes. */
  run(inputs: ReadonlyMap<string, DenseTensor>): Int32Array[];
}

/** Compiles for the interpreter. Throws QcError for what is not supported. */
export function compileModel(bytes: Uint8Array, numerics: string | undefined): Compiled {
  const { graph, integerGraph } = compile(bytes, { numerics });
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    run: (inputs) =>
      outputsOf(
        integerGraph,
        graph.inputs.map((tensor) => toCodes(tensor, inputs.get(tensor.name)!)),
      ),
  };
}

/** Nearest integer, ties to even. */
function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  return fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

/** Scale and zero point of element `index`. */
function parametersAt({ shape, quantization }: Tensor, index: number): [scale: number, zeroPoint: number] {
  const { axis, scales, zeroPoints } = quantization;
  const inner = axis === undefined ? 1 : shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const at = axis === undefined ? 0 : Math.floor(index / inner) % scales.length;
  return [scales[at]!, zeroPoints[zeroPoints.length === 1 ? 0 : at]!];
}

/** ONNX QuantizeLinear in float32 for reals; integers are codes already. */
export function toCodes(tensor: Tensor, { type, values }: DenseTensor): Int32Array {
  if (!isReal(type)) return Int32Array.from(values);
  const { lo, hi } = typeRange(tensor.type);
  return Int32Array.from(values, (value, i) => {
    const [scale, zeroPoint] = parametersAt(tensor, i);
    return Math.min(hi, Math.max(lo, nearestEven(Math.fround(Math.fround(value) / scale)) + zeroPoint));
  });
}

/** ONNX DequantizeLinear where the model's output has a real type, rounded to that type; codes elsewhere. */
export function fromCodes(tensor: Tensor, codes: Int32Array, type: string): Float64Array {
  if (!isReal(type)) return Float64Array.from(codes);
  return Float64Array.from(codes, (code, i) => {
    const [scale, zeroPoint] = parametersAt(tensor, i);
    const value = Math.fround(scale * (code - zeroPoint));
    return type === "float16" ? halfToNumber(numberToHalf(value)) : value;
  });
}

/** The output's step: the difference that one code makes. */
export function stepOf(tensor: Tensor, type: string): number {
  return isReal(type) ? Math.min(...tensor.quantization.scales) : 1;
}
