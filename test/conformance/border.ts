/** What a host does around the integer core: reals to codes at the inputs, codes to reals at the outputs. */
import { compile } from "../../compiler/compile.js";
import type { InputCodes } from "../../compiler/import/onnx.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { Tensor } from "../../compiler/ir/graph.js";
import { elementCount, type IntegerType, typeRange } from "../../compiler/ir/types.js";
import { borderFunction } from "../../compiler/verify/border-function.js";
import { type DenseTensor, isReal } from "./element-types.js";
import { halfToNumber, numberToHalf } from "./half.js";

/** A compiled model that takes and gives tensors as the ONNX model declares them. */
export interface Compiled {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Whether operations take codes of more than 8 bits, whose products fill more than a float32's 24 bits. */
  readonly wide: boolean;
  /** One inference by the interpreter. Inputs are by name; outputs come in the model's order, as codes. */
  run(inputs: ReadonlyMap<string, DenseTensor>): Int32Array[];
}

/** Compiles for the interpreter. `inputs` states the codes of inputs that the model leaves open. Throws QcError for what is not supported. */
export function compileModel(bytes: Uint8Array, numerics: string, inputs: StatedInputs = new Map()): Compiled {
  const { graph, integerGraph } = compile(bytes, { numerics, inputs });
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    wide: integerGraph.nodes.some(({ inputs }) => inputs.some(({ type }) => type.bits > 8)),
    run: (inputs) =>
      outputsOf(
        integerGraph,
        graph.inputs.map((tensor) => {
          const given = inputs.get(tensor.name);
          // The input of a graph without inputs: any value will do.
          return given ? toCodes(tensor, given) : new Int32Array(elementCount(tensor.shape));
        }),
      ),
  };
}

/** What a user would state by --input-type, by input. */
export type StatedInputs = ReadonlyMap<string, InputCodes>;

/** The least integer type, of at least 8 bits, that holds whole numbers; undefined for other values and beyond 16 bits. */
export function codeTypeOf({ values }: DenseTensor): IntegerType | undefined {
  if (values.some((value) => !Number.isInteger(value))) return undefined;
  const signed = values.some((value) => value < 0);
  return [8, 16]
    .map((bits) => ({ bits, signed }))
    .find((type) => {
      const { lo, hi } = typeRange(type);
      return values.every((value) => value >= lo && value <= hi);
    });
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

/** The host's function of float values where the input has one, then ONNX QuantizeLinear in float32; integers are codes already. */
export function toCodes(tensor: Tensor, { type, values }: DenseTensor): Int32Array {
  if (!isReal(type)) return Int32Array.from(values);
  const { lo, hi } = typeRange(tensor.type);
  const host = borderFunction(tensor);
  return Int32Array.from(values, (value, i) => {
    const [scale, zeroPoint] = parametersAt(tensor, i);
    const real = host(value, i);
    return Math.min(hi, Math.max(lo, nearestEven(Math.fround(real / scale)) + zeroPoint));
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
