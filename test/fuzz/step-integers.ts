/** Operators on whole numbers: sums of products of codes with what exporters put behind them, shifts, casts. */
import type { DataType } from "../helpers/onnx.js";
import { dataType } from "../helpers/onnx.js";
import { followed } from "./step-functions.js";
import { count, type GraphState, isByte, rangeOf, type Value } from "./values.js";
import { type Plane, planeOf, window } from "./window.js";

/** Sums of products of codes, less their zero points. */
interface Sums {
  readonly name: string;
  readonly dims: readonly number[];
  /** Shape of constants per output channel. */
  readonly channels: readonly number[];
  /** Typical magnitude. */
  readonly amplitude: number;
}

/** Constant codes of an *Integer operator, and its zero point inputs. */
function operands(state: GraphState, x: Value, dims: readonly number[], columns: number | undefined) {
  const { choices, random } = state;
  const type = choices.pick<DataType>(["int8", "int8", "uint8"]);
  const { lo, hi } = rangeOf(type);
  const values = Array.from({ length: count(dims) }, () => random.integer(lo, hi));
  const codes = state.constant(type, dims, values, "w");
  const zeroPoints = columns !== undefined && choices.chance(0.2) ? columns : 1;
  const middle = (lo + hi + 1) / 2;
  const zeros = Array.from({ length: zeroPoints }, () => (choices.chance(0.3) ? random.integer(lo, hi) : middle));
  const wzp = state.constant(type, zeroPoints === 1 ? [] : [zeroPoints], zeros, "wzp");
  const xzp = state.constant(x.affine.type, [], [x.affine.zeroPoint], "xzp");
  return { codes, xzp, wzp, spread: hi - lo };
}

const typical = (x: Value, spread: number, taps: number) => {
  const { lo, hi } = rangeOf(x.affine.type);
  return (hi - lo) * spread * Math.sqrt(taps) * 0.15;
};

function matMulInteger(state: GraphState): Sums | undefined {
  const x = state.operand((value) => isByte(value) && value.dims.length >= 2);
  if (!x) return undefined;
  const [inner, outputs] = [x.dims.at(-1)!, state.choices.integer(1, 6)];
  const { codes, xzp, wzp, spread } = operands(state, x, [inner, outputs], outputs);
  const name = state.builder.node("MatMulInteger", [state.codes(x), codes, xzp, wzp]);
  const dims = [...x.dims.slice(0, -1), outputs];
  return { name, dims, channels: [outputs], amplitude: typical(x, spread, inner) };
}

function convInteger(state: GraphState): Sums | undefined {
  const x = state.operand((value) => isByte(value) && planeOf(value) !== undefined);
  if (!x) return undefined;
  const { channels, size } = planeOf(x) as Plane;
  const group = state.choices.chance(0.3) ? channels : 1;
  const outputs = group * state.choices.integer(1, group > 1 ? 2 : 5);
  const { kernel, attributes, result } = window(state, size, { dilations: true });
  const shape = [outputs, channels / group, ...kernel];
  const { codes, xzp, wzp, spread } = operands(state, x, shape, undefined);
  const name = state.builder.node("ConvInteger", [state.codes(x), codes, xzp, wzp], { ...attributes, group });
  const taps = count(shape.slice(1));
  const dims = [1, outputs, ...result];
  return { name, dims, channels: [outputs, ...size.map(() => 1)], amplitude: typical(x, spread, taps) };
}

/** Cast, a scale, perhaps a bias: what dynamic quantization leaves behind, with a static scale. */
function scaledSums(state: GraphState, { name, dims, channels, amplitude }: Sums): void {
  const { builder, choices, random } = state;
  const unit = state.scale(1 / amplitude);
  const perChannel = choices.chance(0.3) ? channels : [];
  const units = Array.from({ length: count(perChannel) }, () => unit * (perChannel.length ? 0.3 + random.next() : 1));
  const real = builder.node("Cast", [name], { to: dataType.float });
  let result = builder.node("Mul", [real, state.constant("float", perChannel, units, "unit")]);
  if (choices.chance(0.4)) {
    const bias = Array.from({ length: count(channels) }, () => random.next() - 0.5);
    result = builder.node("Add", [result, state.constant("float", channels, bias, "bias")]);
  }
  followed(state, { name: result, dims, amplitude: amplitude * unit }, "functions");
}

/** RequantShift to int8 or uint8, as Deeploy writes it. */
function requantShift(state: GraphState, { name, dims, channels, amplitude }: Sums): void {
  const { builder, choices, random } = state;
  const div = 2 ** choices.integer(4, 16);
  const levels = choices.pick([256, 256, 16]);
  const signed = choices.pick([1, 1, 0]);
  const perChannel = choices.chance(0.5) ? channels : [1];
  const constant = (value: () => number) =>
    state.constant("float", perChannel, Array.from({ length: count(perChannel) }, value), "requant");
  const factor = Math.max(1, (div * levels) / 2 / amplitude);
  const mul = constant(() => Math.max(1, Math.round(factor * (0.5 + random.next()))) * (random.next() < 0.1 ? -1 : 1));
  const add = constant(() => Math.round((random.next() - 0.3) * div * levels * 0.5));
  const tensor = (value: number) => ({
    raw: { type: 4, t: { dataType: dataType.int64, dims: [1], int64Data: [value] } },
  });
  const attributes = { div: tensor(div), n_levels_out: tensor(levels), signed: tensor(signed) };
  const result = builder.node("RequantShift", [name, mul, add], attributes);
  const bits = levels === 256 ? 8 : 4;
  const type: DataType = signed ? `int${bits}` : `uint${bits}`;
  state.add({ real: result, dims, affine: { scale: 1, zeroPoint: 0, type } });
}

export function integerSums(state: GraphState): void {
  const { choices } = state;
  const sums = choices.pick([matMulInteger, convInteger])(state);
  if (!sums) return;
  const tail = choices.pick(["scaled", "scaled", "requantized", "requantized", "sums"] as const);
  if (tail === "scaled") scaledSums(state, sums);
  else if (tail === "requantized") requantShift(state, sums);
  else state.loose.push({ ...sums, type: "int32" });
}

/** com.microsoft: A, B, a_scale, b_scale, a_zero_point, b_zero_point, bias */
export function matMulIntegerToFloat(state: GraphState): void {
  const { builder, choices, random } = state;
  const x = state.operand((value) => isByte(value) && value.dims.length >= 2);
  if (!x) return;
  const [inner, outputs] = [x.dims.at(-1)!, choices.integer(1, 6)];
  const { codes, xzp, wzp, spread } = operands(state, x, [inner, outputs], undefined);
  const own = choices.chance(0.4) ? [outputs] : [];
  const unit = state.scale(1 / spread);
  const scales = Array.from({ length: count(own) }, () => unit * (own.length ? 0.3 + random.next() : 1));
  const amplitude = typical(x, spread, inner) * unit * x.affine.scale;
  const inputs = [
    ...[state.codes(x), codes],
    ...[state.constant("float", [], [x.affine.scale], "scale"), state.constant("float", own, scales, "ws")],
    ...[xzp, wzp],
  ];
  if (choices.chance(0.5)) {
    const bias = Array.from({ length: outputs }, () => (random.next() - 0.5) * amplitude);
    inputs.push(state.constant("float", [outputs], bias, "bias"));
  }
  const name = builder.node("MatMulIntegerToFloat", inputs, {}, { domain: "com.microsoft" });
  followed(state, { name, dims: [...x.dims.slice(0, -1), outputs], amplitude }, "functions");
}

/** Codes as numbers in their own right, whatever their scale was. */
export function castCodes(state: GraphState): void {
  const x = state.operand();
  if (!x) return;
  const { type } = x.affine;
  const name = state.builder.node("Cast", [state.codes(x)], { to: dataType.float });
  if (state.choices.chance(0.5)) state.add({ real: name, dims: x.dims, affine: { scale: 1, zeroPoint: 0, type } });
  else {
    const { lo, hi } = rangeOf(type);
    requantShift(state, { name, dims: x.dims, channels: [x.dims.at(-1)!], amplitude: Math.max(-lo, hi) });
  }
}

/** Shifts of an input of whole numbers. */
export function bitShift(state: GraphState): void {
  const { builder, choices, random } = state;
  if (builder.inputs.length > 3) return;
  const type = choices.pick<DataType>(state.wide ? ["uint8", "uint16"] : ["uint8"]);
  const dims = [1, choices.integer(1, 6), choices.integer(1, 5)];
  const x = builder.input(dims, type, `shifted${builder.inputs.length}`);
  const perElement = choices.chance(0.4) ? [dims[2]!] : [];
  const amounts = Array.from({ length: count(perElement) }, () => random.integer(0, 7));
  const direction = choices.pick(["RIGHT", "LEFT"]);
  const name = builder.node("BitShift", [x, state.constant(type, perElement, amounts, "amount")], { direction });
  const real = builder.node("Cast", [name], { to: dataType.float });
  if (choices.chance(0.5)) state.add({ real, dims, affine: { scale: 1, zeroPoint: 0, type } });
  else followed(state, { name: real, dims, amplitude: rangeOf(type).hi / 2 }, "functions");
}
