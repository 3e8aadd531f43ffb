/** QuantizeLinear and DequantizeLinear: the border between real values and codes. */

import { f32, rint, saturate } from "../arith/float32.js";
import { fail } from "../diagnostics.js";
import type { Quantization, Tensor } from "../ir/graph.js";
import { type IntegerType, typeName, typeRange } from "../ir/types.js";
import { Attributes } from "./attributes.js";
import { blocksFit, withoutBlocks } from "./blocked.js";
import type { OnnxNode, OnnxTensor } from "./onnx.js";
import type { GraphReader, OnnxRule, Value } from "./rules.js";
import { codeTypeOf, elementTypeName, integerTypeOf, isFloatType } from "./tensor-data.js";
import { exactQuantization } from "./unquantized.js";

const typeOf = ({ dataType }: OnnxTensor) => elementTypeName[dataType] ?? `${dataType}`;

/** Scale and zero point tensors to a Quantization; QC2004 for scales that are no positive finite floats and other zero points than integers. */
export function quantizationFrom(
  scale: OnnxTensor,
  zeroPoint: OnnxTensor | undefined,
  axis: number | undefined,
  where: string,
): Quantization {
  if (!isFloatType(scale.dataType)) {
    fail("QC2004", `scale of type ${typeOf(scale)}; expected float, float16 or bfloat16.`, where);
  }
  const scales = Array.from(scale.values, f32);
  const bad = scales.find((value) => !(value > 0 && Number.isFinite(value)));
  if (scales.length === 0 || bad !== undefined) {
    fail("QC2004", `scale ${bad ?? "[]"} is not a positive finite number.`, where);
  }
  if (zeroPoint && !codeTypeOf(zeroPoint.dataType)) {
    fail("QC2004", `zero point of type ${typeOf(zeroPoint)}; expected an integer type that codes can have.`, where);
  }
  const zeroPoints = zeroPoint ? Array.from(zeroPoint.values) : scales.map(() => 0);
  if (zeroPoints.length !== scales.length) {
    fail("QC2004", `got ${zeroPoints.length} zero points for ${scales.length} scales.`, where);
  }
  return { scales, zeroPoints, axis: scales.length === 1 ? undefined : axis };
}

/** Throws QC2004 unless zero points are of the codes' own type, as the standard asks: others could lie beyond every code. */
export function requireZeroPointType(zeroPoint: OnnxTensor | undefined, type: IntegerType, where: string): void {
  const own = zeroPoint && integerTypeOf(zeroPoint.dataType);
  if (own && (own.bits !== type.bits || own.signed !== type.signed)) {
    fail("QC2004", `zero point of type ${typeOf(zeroPoint)} for ${typeName(type)} codes; expected one type.`, where);
  }
}

function parameters(
  node: OnnxNode,
  reader: GraphReader,
  shape: readonly number[],
): { quantization: Quantization; zeroPoint: OnnxTensor | undefined } {
  for (const name of node.attributes.keys()) {
    if (name !== "axis" && name !== "saturate" && name !== "block_size")
      reader.refuse(node, `attribute '${name}' is not supported`);
  }
  if (new Attributes(node, reader).integer("block_size", 0) !== 0) {
    reader.refuse(node, "an activation is quantized in blocks; expected one scale");
  }
  const scale = constantInput(node, reader, 1);
  if (!scale) return reader.refuse(node, "the scale must be a constant");
  const zeroPoint = constantInput(node, reader, 2);
  const given = new Attributes(node, reader).integer("axis", 1);
  const axis = given < 0 ? given + shape.length : given;
  const quantization = quantizationFrom(scale, zeroPoint, axis, node.name);
  if (quantization.axis !== undefined && shape[axis] !== quantization.scales.length) {
    fail("QC2004", `got ${quantization.scales.length} scales for axis ${axis} of shape [${shape}].`, node.name);
  }
  return { quantization: withoutAxis(quantization), zeroPoint };
}

/** The quantization of a whole tensor where all indices of the axis have the same scale and zero point. */
export function withoutAxis(quantization: Quantization): Quantization {
  const { scales, zeroPoints } = quantization;
  const same = scales.every((scale, i) => scale === scales[0] && zeroPoints[i] === zeroPoints[0]);
  return same ? { scales: [scales[0]!], zeroPoints: [zeroPoints[0]!], axis: undefined } : quantization;
}

function constantInput(node: OnnxNode, reader: GraphReader, index: number): OnnxTensor | undefined {
  const value = reader.value(node, index);
  if (value === undefined) return undefined;
  if (value.kind !== "constant") return reader.refuse(node, `input ${index} must be a constant`);
  return value.constant;
}

const dequantize: OnnxRule = (node, reader) => {
  const input = wholeCodes(node, reader);
  if (input?.kind === "constant") {
    const { constant } = input;
    const type = codeTypeOf(constant.dataType);
    if (!type) return reader.refuse(node, "a dequantized constant must be int32 or an integer of at most 16 bits");
    const size = new Attributes(node, reader).integer("block_size", 0);
    if (size !== 0) return dequantizeBlocks(node, reader, constant, type, size);
    const { quantization, zeroPoint } = parameters(node, reader, constant.dims);
    requireZeroPointType(zeroPoint, type, node.name);
    const tensor: Tensor = {
      name: constant.name,
      shape: constant.dims,
      type,
      quantization,
      data: Int32Array.from(constant.values),
    };
    reader.define(node, { kind: "real", tensor });
    return true;
  }
  if (input?.kind !== "codes") return reader.refuse(node, "the input must be integer codes");
  const { quantization, zeroPoint } = parameters(node, reader, input.tensor.shape);
  requireZeroPointType(zeroPoint, input.tensor.type, node.name);
  const same = equalQuantization(quantization, input.tensor.quantization);
  const tensor = same
    ? input.tensor
    : reader.emit("reshape", node.name, input.tensor, { shape: input.tensor.shape }, { quantization });
  reader.define(node, { kind: "real", tensor });
  return true;
};

/** The input; integers that a node before it computed (such as Cast behind Round and Clip) as codes of the zero point's type. */
function wholeCodes(node: OnnxNode, reader: GraphReader): Value | undefined {
  const value = reader.value(node, 0);
  if (value?.kind !== "pending" && value?.kind !== "float-input") return value;
  const own = exactQuantization(value);
  if (own?.quantization.scales[0] !== 1) return value;
  const zeroPoint = constantInput(node, reader, 2);
  const type = (zeroPoint && integerTypeOf(zeroPoint.dataType)) ?? own.type;
  const [inner, outer] = [typeRange(own.type), typeRange(type)];
  if (inner.lo < outer.lo || inner.hi > outer.hi) return value;
  return { kind: "codes", tensor: reader.quantize(node.inputs[0]!, value, type, own.quantization) };
}

function dequantizeBlocks(
  node: OnnxNode,
  reader: GraphReader,
  constant: OnnxTensor,
  type: IntegerType,
  size: number,
): boolean {
  const { dims } = constant;
  const given = new Attributes(node, reader).integer("axis", 1);
  const axis = given < 0 ? given + dims.length : given;
  const scale = constantInput(node, reader, 1);
  if (!scale) return reader.refuse(node, "the scale must be a constant");
  const zeroPoint = constantInput(node, reader, 2);
  requireZeroPointType(zeroPoint, type, node.name);
  quantizationFrom(scale, zeroPoint, undefined, node.name); // refuses what no scale and no zero point can be
  const blocks = { axis, size, scale, zeroPoint };
  if (size < 0 || dims[axis] === undefined || !blocksFit(dims, blocks)) {
    return reader.refuse(node, `scales of shape [${scale.dims}] for blocks of ${size} along axis ${axis} of [${dims}]`);
  }
  const found = withoutBlocks(constant, blocks);
  if (!found) {
    return reader.refuse(
      node,
      "the scales of the blocks are no small multiples of one number; expected one scale, or one per index of an axis. Quantize per channel",
    );
  }
  reader.define(node, { kind: "real", tensor: { name: constant.name, shape: dims, ...found } });
  return true;
}

const quantize: OnnxRule = (node, reader) => {
  const value = reader.value(node, 0);
  if (!value) return reader.refuse(node, "the input is missing");
  const { quantization, zeroPoint } = parameters(node, reader, shapeOf(value));
  const type = integerTypeOf(zeroPoint?.dataType ?? 2);
  if (!type || type.bits > 16) return reader.refuse(node, "only results of at most 16 bits are supported");
  const name = node.outputs[0] ?? node.name;
  const perTensor = () => {
    if (quantization.axis !== undefined) reader.refuse(node, "activations must be quantized per tensor");
  };
  switch (value.kind) {
    case "float-input":
    case "pending": {
      perTensor();
      reader.define(node, { kind: "codes", tensor: reader.quantize(name, value, type, quantization) });
      return true;
    }
    case "real": {
      perTensor();
      const { tensor } = value;
      const sameType = tensor.type.signed === type.signed && tensor.type.bits === type.bits;
      const same = equalQuantization(quantization, tensor.quantization) && sameType;
      reader.define(node, {
        kind: "codes",
        tensor: same ? tensor : reader.emit("table", node.name, tensor, {}, { name, type, quantization }),
      });
      return true;
    }
    case "constant": {
      const { constant } = value;
      const { lo, hi } = typeRange(type);
      if (Array.from(constant.values).some(Number.isNaN))
        reader.refuse(node, `constant '${constant.name}' holds a NaN`);
      const codes = quantizeConstant(constant, quantization, lo, hi);
      reader.define(node, { kind: "codes", tensor: { name, shape: constant.dims, type, quantization, data: codes } });
      return true;
    }
    default:
      return reader.refuse(node, "the input is already quantized");
  }
};

export const quantizationRules: Readonly<Record<string, OnnxRule>> = {
  DequantizeLinear: dequantize,
  QuantizeLinear: quantize,
};

/** Shape of a value in ONNX's order; [] when it was refused. */
export function shapeOf(value: Value): readonly number[] {
  switch (value.kind) {
    case "constant":
      return value.constant.dims;
    case "codes":
    case "real":
      return value.tensor.shape;
    case "refused":
      return [];
    default:
      return value.shape;
  }
}

/** ONNX QuantizeLinear of a float constant: saturate(RNE(x / scale) + zeroPoint). */
function quantizeConstant(constant: OnnxTensor, quantization: Quantization, lo: number, hi: number): Int32Array {
  const { axis, scales, zeroPoints } = quantization;
  const inner = axis === undefined ? 1 : constant.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  return Int32Array.from(constant.values, (value, i) => {
    const channel = axis === undefined ? 0 : Math.floor(i / inner) % scales.length;
    return saturate(rint(f32(value / scales[channel]!)) + zeroPoints[channel]!, lo, hi);
  });
}

/** Whether two quantizations give every code the same value. */
export function equalQuantization(a: Quantization, b: Quantization): boolean {
  const equal = (x: readonly number[], y: readonly number[]) => x.length === y.length && x.every((v, i) => v === y[i]);
  return a.axis === b.axis && equal(a.scales, b.scales) && equal(a.zeroPoints, b.zeroPoints);
}
