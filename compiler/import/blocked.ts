/** Constants that are quantized in blocks along an axis (ONNX DequantizeLinear's `block_size`, since opset 21). */
import type { Tensor } from "../ir/graph.js";
import { elementCount, type IntegerType } from "../ir/types.js";
import { gridQuantization, multiplesOf, typeFor } from "./grid.js";
import type { OnnxTensor } from "./onnx.js";

export interface Blocks {
  readonly axis: number;
  readonly size: number;
  /** Of the constant's shape, with its axis divided by `size` and rounded up; so are the zero points. */
  readonly scale: OnnxTensor;
  readonly zeroPoint: OnnxTensor | undefined;
}

/** Whether scales and zero points have the shape that the blocks of a constant ask for. */
export function blocksFit(dims: readonly number[], { axis, size, scale, zeroPoint }: Blocks): boolean {
  const expected = dims.map((dim, i) => (i === axis ? Math.ceil(dim / size) : dim)).join();
  return [scale, zeroPoint].every((tensor) => !tensor || tensor.dims.join() === expected);
}

/**
 * The same reals with one scale, or one per index of an axis: a block's scale that is n times a common unit makes its codes n times as
 * large. Undefined where scales have no such unit, or where codes would need more than 16 bits.
 */
export function withoutBlocks(
  constant: OnnxTensor,
  blocks: Blocks,
): Pick<Tensor, "type" | "quantization" | "data"> | undefined {
  const { dims, values } = constant;
  const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
  const at = (k: number, axis: number) => Math.floor(k / strides[axis]!) % dims[axis]!;
  const blockDims = blocks.scale.dims;
  const blockOf = (k: number) =>
    dims.reduce((index, _, axis) => {
      const place = axis === blocks.axis ? Math.floor(at(k, axis) / blocks.size) : at(k, axis);
      return index * blockDims[axis]! + place;
    }, 0);
  const scales = Array.from(values, (_, k) => blocks.scale.values[blockOf(k)]!);
  const codes = Array.from(values, (code, k) => code - (blocks.zeroPoint?.values[blockOf(k)] ?? 0));
  const whole = exactMultiples(scales);
  if (whole) return typed(codes, whole.codes, gridQuantization(whole.scale));
  for (const [axis, channels] of dims.entries()) {
    const parts = Array.from({ length: channels }, (): number[] => []);
    for (const [k, scale] of scales.entries()) parts[at(k, axis)]!.push(scale);
    const found = parts.map(exactMultiples);
    if (!found.every((part) => part !== undefined)) continue;
    const next = parts.map(() => 0);
    const factors = scales.map((_, k) => found[at(k, axis)]!.codes[next[at(k, axis)]!++]!);
    const quantization = { scales: found.map(({ scale }) => scale), zeroPoints: found.map(() => 0), axis };
    const result = typed(codes, factors, quantization);
    if (result) return result;
  }
  return undefined;
}

/** Whole multiples of a unit that no rounding to float32 stands between. */
function exactMultiples(values: readonly number[]): ReturnType<typeof multiplesOf> {
  const found = multiplesOf(values);
  return found && values.every((value, k) => found.codes[k]! * found.scale === value) ? found : undefined;
}

function typed(codes: readonly number[], factors: ArrayLike<number>, quantization: Tensor["quantization"]) {
  const data = Int32Array.from(codes, (code, k) => code * factors[k]!);
  const [lo, hi] = data.reduce(([a, b], code) => [Math.min(a!, code), Math.max(b!, code)], [0, 0]) as [number, number];
  const type: IntegerType | undefined = typeFor(lo, hi);
  return type && type.bits <= 16 ? { type, quantization, data } : undefined;
}
