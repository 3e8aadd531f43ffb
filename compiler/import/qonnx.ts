/**
 * QONNX: quantizers that take and give real values. Codes are kept as they are, of 1 to 16 bits. Sources: QONNX operator
 * definitions (qonnx docs/qonnx-custom-ops: Quant, BipolarQuant, Trunc) and FINN's MultiThreshold.
 */
import type { Expression } from "../arith/expression.js";
import { f32, rint, saturate } from "../arith/float32.js";
import { fail } from "../diagnostics.js";
import type { Quantization, Tensor } from "../ir/graph.js";
import { elementCount, type IntegerType, typeRange } from "../ir/types.js";
import { combine } from "../ops/table/arithmetic.onnx.js";
import { pendingFunction, realConstant, requireFunction } from "../ops/table/real-function.js";
import { Attributes, named } from "./attributes.js";
import type { OnnxNode } from "./onnx.js";
import type { GraphReader, OnnxRule } from "./rules.js";

/** Rounding of x/scale + zero point, by QONNX's names; half to even needs none of its own: quantization rounds so. */
const roundings: Readonly<Record<string, ((x: Expression) => Expression) | undefined>> = {
  CEIL: (x) => ["Ceil", x],
  FLOOR: (x) => ["Floor", x],
  ROUND: (x) => ["Round", x],
  ROUND_TO_ZERO: (x) => ["Add", ["Max", ["Floor", x], 0], ["Min", ["Ceil", x], 0]],
};

/** x, scale, zero point, bit width: scale * (clip(round(x/scale + zp)) - zp) */
const quant: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const signed = attributes.integer("signed", 1) !== 0;
  const narrow = attributes.integer("narrow", 0) !== 0;
  const mode = attributes.text("rounding_mode", "ROUND");
  attributes.done();
  const rounding = named(roundings, mode.toUpperCase());
  if (!rounding) return reader.refuse(node, `rounding_mode ${mode}; expected ${Object.keys(roundings).join(", ")}`);
  const bits = oneNumber(node, reader, 3);
  if (!Number.isInteger(bits) || bits < 1 || bits > 32) reader.refuse(node, `${bits} bits; expected 1 to 32`);
  const type: IntegerType = { bits, signed };
  const whole = typeRange(type);
  // Narrow ranges leave out the code that has no opposite, or the largest unsigned one.
  const range = { lo: whole.lo + (narrow && signed ? 1 : 0), hi: whole.hi - (narrow && !signed ? 1 : 0) };
  const value = reader.value(node, 0);
  const constant = realConstant(value);
  if (constant) {
    if (Array.from(constant.values).some(Number.isNaN)) reader.refuse(node, "the constant input holds NaN");
    const quantization = quantizationOf(node, reader, constant.shape);
    const codes = constantCodes(constant.values, constant.shape, quantization, range, mode.toUpperCase());
    const tensor: Tensor = { name: node.name, shape: constant.shape, type, quantization, data: codes };
    reader.define(node, { kind: "real", tensor });
    return true;
  }
  if (bits > 16) reader.refuse(node, `activations of ${bits} bits; expected at most 16`);
  const found = requireFunction(node, reader, 0);
  const quantization = quantizationOf(node, reader, found.shape);
  const [scale, zeroPoint] = [quantization.scales[0]!, quantization.zeroPoints[0]!];
  if (quantization.axis !== undefined) return reader.refuse(node, "activations must be quantized per tensor");
  const rounded =
    mode.toUpperCase() === "ROUND"
      ? found.expression
      : ([
          "Mul",
          ["Sub", rounding(["Add", ["Div", found.expression, scale], zeroPoint]), zeroPoint],
          scale,
        ] as Expression);
  const low: Expression = narrow && signed ? ["Max", rounded, scale * (range.lo - zeroPoint)] : rounded;
  const bounded: Expression = narrow && !signed ? ["Min", low, scale * (range.hi - zeroPoint)] : low;
  const pending = pendingFunction(node, reader, { ...found, expression: bounded });
  const tensor = reader.quantize(node.outputs[0] ?? node.name, pending, type, quantization);
  reader.define(node, { kind: "real", tensor });
  return true;
};

function constantCodes(
  values: ArrayLike<number>,
  shape: readonly number[],
  { scales, zeroPoints, axis }: Quantization,
  { lo, hi }: { readonly lo: number; readonly hi: number },
  mode: string,
): Int32Array {
  const inner = axis === undefined ? 1 : elementCount(shape.slice(axis + 1));
  const round: Readonly<Record<string, (x: number) => number>> = {
    CEIL: Math.ceil,
    FLOOR: Math.floor,
    ROUND: rint,
    ROUND_TO_ZERO: Math.trunc,
  };
  return Int32Array.from(values, (value, k) => {
    const channel = axis === undefined ? 0 : Math.floor(k / inner) % scales.length;
    return saturate(round[mode]!(f32(f32(value / scales[channel]!) + zeroPoints[channel]!)), lo, hi);
  });
}

/** Scale and zero point inputs: one number, or one per index of the one axis along which they differ. */
function quantizationOf(node: OnnxNode, reader: GraphReader, shape: readonly number[]): Quantization {
  const [scale, zeroPoint] = [1, 2].map((index) => {
    const constant = realConstant(reader.value(node, index));
    return constant ?? reader.refuse(node, `input ${index} must be a constant`);
  });
  const scales = Array.from(scale!.values, f32);
  const bad = scales.find((value) => !(value > 0 && Number.isFinite(value)));
  if (bad !== undefined) fail("QC2004", `scale ${bad} is not a positive finite number.`, node.name);
  const zeros = Array.from(zeroPoint!.values);
  if (!zeros.every(Number.isInteger) || (zeros.length !== 1 && zeros.length !== scales.length))
    return reader.refuse(node, `zero points [${zeros.slice(0, 4)}]; expected whole numbers, one per scale`);
  if (scales.length === 1) return { scales, zeroPoints: zeros };
  const dims = scale!.shape;
  const long = dims.flatMap((dim, i) => (dim > 1 ? [shape.length - dims.length + i] : []));
  const axis = long[0];
  if (long.length !== 1 || axis === undefined || shape[axis] !== scales.length)
    return reader.refuse(node, `scales of shape [${dims}] for a tensor of shape [${shape}]; expected one axis`);
  return { scales, zeroPoints: scales.map((_, i) => zeros[zeros.length === 1 ? 0 : i]!), axis };
}

function oneNumber(node: OnnxNode, reader: GraphReader, index: number): number {
  const values = reader.numbers(node, index);
  if (values?.length !== 1) return reader.refuse(node, `input ${index} must be one constant number`);
  return values[0]!;
}

/** x, scale: scale where x >= 0, else -scale. Codes 1 and -1. */
const bipolar: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const scale = f32(oneNumber(node, reader, 1));
  if (!(scale > 0 && Number.isFinite(scale)))
    fail("QC2004", `scale ${scale} is not a positive finite number.`, node.name);
  const type: IntegerType = { bits: 2, signed: true };
  const quantization: Quantization = { scales: [scale], zeroPoints: [0] };
  const constant = realConstant(reader.value(node, 0));
  if (constant) {
    const data = Int32Array.from(constant.values, (value) => (value >= 0 ? 1 : -1));
    const tensor: Tensor = { name: node.name, shape: constant.shape, type, quantization, data };
    reader.define(node, { kind: "real", tensor });
    return true;
  }
  const found = requireFunction(node, reader, 0);
  const sign: Expression = ["Sub", ["Mul", ["GreaterOrEqual", found.expression, 0], 2], 1];
  const pending = pendingFunction(node, reader, { ...found, expression: ["Mul", sign, scale] });
  const tensor = reader.quantize(node.outputs[0] ?? node.name, pending, type, quantization);
  reader.define(node, { kind: "real", tensor });
  return true;
};

/** x, scale, zero point, bits before, bits after: the low bits of round(x/scale + zp) cut off. */
const trunc: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const mode = attributes.text("rounding_mode", "FLOOR").toUpperCase();
  attributes.done();
  const rounding = named(roundings, mode);
  const [scale, zeroPoint, before, after] = [1, 2, 3, 4].map((index) => oneNumber(node, reader, index));
  const cut = 2 ** (before! - after!);
  if (!rounding || !Number.isInteger(cut))
    return reader.refuse(node, `rounding_mode ${mode}, ${before} to ${after} bits`);
  const found = requireFunction(node, reader, 0);
  const codes: Expression = ["Round", ["Add", ["Div", found.expression, scale!], zeroPoint!]];
  const kept: Expression = ["Sub", rounding(["Div", codes, cut]), zeroPoint!];
  reader.define(node, pendingFunction(node, reader, { ...found, expression: ["Mul", kept, scale!] }));
  return true;
};

/** x, thresholds [channels or 1, steps]: out_scale * (number of thresholds <= x) + out_bias */
const multiThreshold: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const scale = attributes.float("out_scale", 1);
  const bias = attributes.float("out_bias", 0);
  attributes.text("out_dtype", "");
  const layout = attributes.text("data_layout", "NCHW");
  attributes.done();
  const found = requireFunction(node, reader, 0);
  const thresholds = realConstant(reader.value(node, 1));
  if (thresholds?.shape.length !== 2) return reader.refuse(node, "the thresholds must be a constant of two axes");
  const [channels, steps] = thresholds.shape as [number, number];
  const axis = layout.endsWith("C") && layout !== "NC" ? found.shape.length - 1 : 1;
  const dims = found.shape.map((dim, i) => (i === axis && channels > 1 ? dim : 1));
  const columns = Array.from({ length: steps }, (_, step) => ({
    constant: {
      shape: dims,
      values: Array.from({ length: channels }, (_, c) => thresholds.values[c * steps + step]!),
    },
  }));
  if (channels !== 1 && found.shape[axis] !== channels)
    return reader.refuse(node, `thresholds for ${channels} channels of a value of shape [${found.shape}]`);
  combine(node, reader, [{ real: found }, ...columns], ([x, ...levels]) => {
    const count = levels.map((level): Expression => ["GreaterOrEqual", x!, level]);
    const sum = count.reduce((a, b): Expression => ["Add", a, b]);
    return ["Add", ["Mul", sum, scale], bias];
  });
  return true;
};

const refuseFloatQuant: OnnxRule = (node, reader) =>
  reader.refuse(node, "minifloat formats have no integer codes; expected Quant");

/** Rules by operator type, for the domains that QONNX has had. */
export const qonnxRules: Readonly<Record<string, OnnxRule>> = {
  BipolarQuant: bipolar,
  FloatQuant: refuseFloatQuant,
  MultiThreshold: multiThreshold,
  Quant: quant,
  Trunc: trunc,
};

/** Domains of operators that are read besides the standard one. */
export const knownDomains: ReadonlySet<string> = new Set([
  "",
  "com.microsoft",
  "PACTOps",
  "ai.onnx.contrib",
  "finn.custom_op.general",
  "onnx.brevitas",
  "qonnx.custom_op.general",
]);
