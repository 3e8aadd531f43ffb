/** Tensors of a TensorFlow Lite file as tensors of the Graph, with their quantization checked. */
import { fail } from "../../diagnostics.js";
import type { Quantization, Tensor } from "../../ir/graph.js";
import { elementCount, type IntegerType, int8, maximumElements, typeRange, uint8 } from "../../ir/types.js";
import type { TfliteTensor } from "./model.js";

const codeTypes: ReadonlyMap<string, IntegerType> = new Map([
  ["int8", int8],
  ["uint8", uint8],
]);

const elementReaders: Readonly<Record<string, { readonly bytes: number; read(view: DataView, at: number): number }>> = {
  int8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  int32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  int64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
};

/** The 8-bit type of a tensor's codes; undefined for any other type. */
export function codeTypeOf(tensor: TfliteTensor): IntegerType | undefined {
  return codeTypes.get(tensor.type);
}

/** Throws QC1004 unless every dimension is positive and the tensor has at most 2^31-1 elements; its data bound a constant. */
export function requireShape({ name, shape }: TfliteTensor): void {
  if (shape.some((dim) => dim < 1)) {
    fail("QC1004", `shape [${shape}]; expected positive numbers. Convert with fixed dimensions.`, name);
  }
  if (elementCount(shape) > 2 ** 31 - 1) fail("QC1004", `shape [${shape}] has more than 2^31-1 elements.`, name);
}

/** Scales and zero points, for codes of `type`. Throws QC2004 where they are missing or make no sense. */
export function quantizationOf(tensor: TfliteTensor, type: IntegerType): Quantization {
  const { name, shape, scales, axis } = tensor;
  if (scales.length === 0) fail("QC2004", "the tensor has no scale. Convert with full integer quantization.", name);
  const bad = scales.find((scale) => !(scale > 0 && Number.isFinite(scale)));
  if (bad !== undefined) fail("QC2004", `scale ${bad} is not a positive finite number.`, name);
  const zeroPoints = tensor.zeroPoints.length === 0 ? scales.map(() => 0) : tensor.zeroPoints;
  if (zeroPoints.length !== scales.length) {
    fail("QC2004", `got ${zeroPoints.length} zero points for ${scales.length} scales.`, name);
  }
  const { lo, hi } = typeRange(type);
  const outside = zeroPoints.find((zeroPoint) => zeroPoint < lo || zeroPoint > hi);
  if (outside !== undefined) fail("QC2004", `zero point ${outside} is no ${tensor.type}.`, name);
  if (scales.length === 1) return { scales, zeroPoints, axis: undefined };
  if (shape[axis] !== scales.length) {
    fail("QC2004", `got ${scales.length} scales for axis ${axis} of shape [${shape}].`, name);
  }
  return { scales, zeroPoints, axis };
}

/** An activation: 8-bit codes with one scale. */
export function activationOf(tensor: TfliteTensor, type: IntegerType): Tensor {
  requireShape(tensor);
  if (elementCount(tensor.shape) > maximumElements) {
    fail("QC1004", `shape [${tensor.shape}] has more than 2^22 elements.`, tensor.name);
  }
  const quantization = quantizationOf(tensor, type);
  if (quantization.axis !== undefined) {
    fail("QC2004", `got ${quantization.scales.length} scales; expected one for the whole activation.`, tensor.name);
  }
  return { name: tensor.name, shape: tensor.shape, type, quantization };
}

/** The numbers of a constant; undefined when its element type is no integer that constants may have. */
export function valuesOf({ name, shape, type, data }: TfliteTensor): number[] | undefined {
  const reader = elementReaders[type];
  if (!reader || !data) return undefined;
  const count = elementCount(shape);
  if (shape.some((dim) => dim < 0) || data.length !== count * reader.bytes) {
    fail("QC1002", `got ${data.length} bytes, expected ${count * reader.bytes} for ${type} of shape [${shape}].`, name);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: count }, (_, i) => reader.read(view, i * reader.bytes));
}
