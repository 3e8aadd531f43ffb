/** Constant weights and biases in the spellings of exporters. */
import type { Affine, Attribute, DataType } from "../helpers/onnx.js";
import { count, type GraphState, rangeOf } from "./values.js";

export interface Weights {
  /** Name of the dequantized tensor. */
  readonly real: string;
  /** Codes, scale and zero point inputs of a QLinear operator. */
  readonly parameters: readonly [string, string, string];
  readonly scales: readonly number[];
  /** Typical magnitude of one weight. */
  readonly amplitude: number;
  readonly byte: boolean;
}

const types: readonly DataType[] = ["int8", "int8", "int8", "uint8", "uint8", "int4", "uint4", "int2", "int16"];

/** Random weights; `axis` may have scales and zero points of its own per index. */
export function weights(state: GraphState, dims: readonly number[], axis: number): Weights {
  const { choices, builder, random } = state;
  const type = choices.pick(types);
  const range = rangeOf(type);
  // int16 weights only of small magnitude: their accumulators would leave 32 bits.
  const { lo, hi } = type === "int16" ? { lo: -300, hi: 300 } : range;
  const channels = choices.chance(0.4) ? dims[axis]! : 1;
  const size = Math.min(dims.length, 1) && count(dims);
  const kind = choices.pick(["noise", "noise", "sparse", "ends"] as const);
  const values = Array.from({ length: size }, () => {
    if (kind === "sparse" && random.next() < 0.7) return Math.max(lo, 0);
    return kind === "ends" ? (random.next() < 0.5 ? lo : hi) : random.integer(lo, hi);
  });
  const base = state.scale(1 / (hi - lo));
  const scales = Array.from({ length: channels }, (_, c) =>
    c === 0 ? base : Math.fround(base * (0.3 + random.next())),
  );
  const middle = range.lo < 0 ? 0 : 2 ** Math.round(Math.log2(range.hi + 1) - 1);
  const asymmetric = choices.chance(0.25) && type !== "int16";
  const zeroPoints = scales.map(() => (asymmetric ? random.integer(lo, hi) : middle));
  const codes = state.constant(type, dims, values, "w");
  const shape = channels === 1 && !choices.chance(0.2) ? [] : [channels];
  const scale = state.constant("float", shape, scales, "ws");
  const zeroPoint = state.constant(type, shape, zeroPoints, "wzp");
  const attributes: Record<string, Attribute> = channels === 1 ? {} : { axis };
  const real = builder.node("DequantizeLinear", [codes, scale, zeroPoint], attributes);
  return {
    real,
    parameters: [codes, scale, zeroPoint],
    scales,
    amplitude: (Math.max(...scales) * (hi - lo)) / 2,
    byte: type === "int8" || type === "uint8",
  };
}

/** int32 codes of a bias in the unit of the products; the input of QLinear operators. */
export function biasCodes(state: GraphState, channels: number, limit: number): string {
  const values = Array.from({ length: channels }, () => state.random.integer(-limit, limit));
  return state.constant("int32", [channels], values, "b");
}

/** An optional real bias: int32 codes of the products' unit or of one of their own, or float numbers. */
export function bias(
  state: GraphState,
  x: Required<Affine>,
  { scales, amplitude }: Weights,
  channels: number,
): string[] {
  const { choices, builder, random } = state;
  const kind = choices.pick(["none", "unit", "unit", "own", "float"] as const);
  if (kind === "none") return [];
  const magnitude = x.scale * 100 * amplitude;
  if (kind === "float") {
    const values = Array.from({ length: channels }, () => (2 * random.next() - 1) * magnitude);
    return [state.constant("float", [channels], values, "bias")];
  }
  const own = kind === "unit" ? scales.map((scale) => Math.fround(scale * x.scale)) : [state.scale(magnitude / 1000)];
  const shape = own.length === 1 ? [] : [channels];
  const codes = biasCodes(state, channels, choices.pick([1000, 10, 100_000]));
  const attributes: Record<string, Attribute> = own.length === 1 ? {} : { axis: 0 };
  return [builder.node("DequantizeLinear", [codes, state.constant("float", shape, own, "bs")], attributes)];
}
