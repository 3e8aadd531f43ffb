/**
 * QLinear operators: codes with scale and zero point inputs beside them, instead of QuantizeLinear and DequantizeLinear
 * around a real operator. Sources: ONNX operator specification; onnxruntime docs/ContribOperators.md.
 */
import { fail } from "../diagnostics.js";
import type { Quantization, Tensor } from "../ir/graph.js";
import type { OnnxNode, OnnxTensor } from "./onnx.js";
import { equalQuantization, quantizationFrom, requireZeroPointType } from "./quantize-rules.js";
import type { GraphReader, Pending } from "./rules.js";
import { codeTypeOf, integerTypeOf } from "./tensor-data.js";

function constantAt(reader: GraphReader, node: OnnxNode, index: number): OnnxTensor | undefined {
  const value = reader.value(node, index);
  if (value === undefined) return undefined;
  if (value.kind !== "constant") return reader.refuse(node, `input ${index} must be a constant`);
  return value.constant;
}

/** The quantized tensor of input `index`, whose scale and zero point are the next two inputs; `axis` for per-channel weights. */
export function qlinearOperand(reader: GraphReader, node: OnnxNode, index: number, axis = 0): Tensor {
  const value = reader.value(node, index);
  const scale = constantAt(reader, node, index + 1);
  if (!scale) return reader.refuse(node, `input ${index + 1}, the scale, is missing`);
  const zeroPoint = constantAt(reader, node, index + 2);
  const quantization = quantizationFrom(scale, zeroPoint, axis, node.name);
  if (value?.kind === "codes") {
    requireZeroPointType(zeroPoint, value.tensor.type, node.name);
    return equalQuantization(quantization, value.tensor.quantization)
      ? value.tensor
      : reader.emit("reshape", node.name, value.tensor, { shape: value.tensor.shape }, { quantization });
  }
  if (value?.kind !== "constant") return reader.refuse(node, `input ${index} must be integer codes`);
  const { constant } = value;
  const type = codeTypeOf(constant.dataType);
  if (!type) return reader.refuse(node, `input ${index} must be an integer of at most 16 bits`);
  requireZeroPointType(zeroPoint, type, node.name);
  if (quantization.axis !== undefined && constant.dims[axis] !== quantization.scales.length) {
    fail("QC2004", `got ${quantization.scales.length} scales for axis ${axis} of shape [${constant.dims}].`, node.name);
  }
  return { name: constant.name, shape: constant.dims, type, quantization, data: Int32Array.from(constant.values) };
}

/**
 * The codes of input `index` less the zero point of input `zeroPoint`, as the *Integer operators take them: whole numbers of
 * scale 1, or of the given scales. `axis` is that of zero points or scales per channel.
 */
export function integerOperand(
  reader: GraphReader,
  node: OnnxNode,
  index: number,
  zeroPoint: number,
  axis: number,
  given?: readonly number[],
): Tensor {
  const value = reader.value(node, index);
  const zeros = constantAt(reader, node, zeroPoint);
  const count = Math.max(zeros?.values.length ?? 1, given?.length ?? 1);
  const spread = (values: ArrayLike<number> | undefined, fallback: number) =>
    Array.from({ length: count }, (_, i) => values?.[values.length === 1 ? 0 : i] ?? fallback);
  const scales = spread(given, 1);
  const quantization: Quantization = {
    scales,
    zeroPoints: spread(zeros?.values, 0),
    axis: scales.length === 1 ? undefined : axis,
  };
  if (value?.kind === "codes") {
    return equalQuantization(quantization, value.tensor.quantization)
      ? value.tensor
      : reader.emit("reshape", node.name, value.tensor, { shape: value.tensor.shape }, { quantization });
  }
  if (value?.kind !== "constant") return reader.refuse(node, `input ${index} must be integer codes`);
  const { constant } = value;
  const type = integerTypeOf(constant.dataType);
  if (!type || type.bits > 16) return reader.refuse(node, `input ${index} must be an integer of at most 16 bits`);
  if (count > 1 && constant.dims.at(axis) !== count) {
    fail("QC2004", `got ${count} zero points or scales for axis ${axis} of shape [${constant.dims}].`, node.name);
  }
  const place = axis < 0 ? axis + constant.dims.length : axis;
  return {
    name: constant.name,
    shape: constant.dims,
    type,
    quantization: { ...quantization, axis: quantization.axis === undefined ? undefined : place },
    data: Int32Array.from(constant.values),
  };
}

/** An int32 bias input in units of input scale * weight scale, exact as a double; undefined when absent. */
export function qlinearBias(
  reader: GraphReader,
  node: OnnxNode,
  index: number,
  x: Tensor,
  weights: Tensor,
): Tensor | undefined {
  const constant = constantAt(reader, node, index);
  if (!constant) return undefined;
  const type = integerTypeOf(constant.dataType);
  if (type?.bits !== 32 || !type.signed) return reader.refuse(node, `input ${index}, the bias, must be int32`);
  const scales = weights.quantization.scales.map((scale) => scale * x.quantization.scales[0]!);
  return {
    name: constant.name,
    shape: [constant.values.length],
    type,
    quantization: { scales, zeroPoints: scales.map(() => 0), axis: scales.length === 1 ? undefined : 0 },
    data: Int32Array.from(constant.values),
  };
}

/** Quantizes a real result with the scale and zero point inputs at `scale` and the next position, and names it. */
export function qlinearResult(reader: GraphReader, node: OnnxNode, pending: Pending, scale: number): boolean {
  const scaleTensor = constantAt(reader, node, scale);
  if (!scaleTensor) return reader.refuse(node, `input ${scale}, the output scale, is missing`);
  const zeroPoint = constantAt(reader, node, scale + 1);
  const quantization = quantizationFrom(scaleTensor, zeroPoint, undefined, node.name);
  const type = zeroPoint ? integerTypeOf(zeroPoint.dataType) : pending.inputs[0]!.type;
  if (!type || type.bits > 8 || quantization.scales.length !== 1) {
    return reader.refuse(node, "the result must be int8 or uint8 with one scale");
  }
  reader.finish(node, pending, type, quantization);
  return true;
}
