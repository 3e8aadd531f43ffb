/** Constant operands of convolutions and dense layers, as the integer forms want them. */
import { fail } from "../diagnostics.js";
import type { Tensor } from "../ir/graph.js";

/** Scale of output channel `channel` of a weight or bias tensor. */
export function channelScale(tensor: Tensor, channel: number): number {
  const { scales } = tensor.quantization;
  return scales[scales.length === 1 ? 0 : channel]!;
}

/** Weights as engines store them: int8 where all of them fit, else int16 (uint8 codes with a zero point, 16-bit weights). */
export type Weights = Int8Array | Int16Array;

/** The narrowest array that holds the weights. Values must be within int16. */
export function weightArray(values: ArrayLike<number>): Weights {
  for (let k = 0; k < values.length; k++) {
    if (values[k]! < -128 || values[k]! > 127) return Int16Array.from(values);
  }
  return Int8Array.from(values);
}

/** Weight codes minus their zero point. `channelOf(k)` is the output channel of element k. Throws QC2004 beyond int16. */
export function weightCodes(tensor: Tensor, channelOf: (k: number) => number, where: string): Weights {
  const { data } = tensor;
  if (!data) return fail("QC2002", "the weights must be constants.", where);
  const { zeroPoints } = tensor.quantization;
  const codes = new Int32Array(data.length);
  for (let k = 0; k < data.length; k++) {
    const value = data[k]! - zeroPoints[zeroPoints.length === 1 ? 0 : channelOf(k)]!;
    if (value < -32768 || value > 32767) {
      fail(
        "QC2004",
        `weight ${data[k]} minus its zero point is ${value}, outside int16. Quantize the weights symmetrically.`,
        where,
      );
    }
    codes[k] = value;
  }
  return weightArray(codes);
}

/** Bytes of weights and int32 biases as stored on a target. */
export function weightBytes({ weights, bias }: { readonly weights: Weights; readonly bias: Int32Array }): number {
  return weights.byteLength + bias.byteLength;
}

/** Bias codes as int32, zero where there is no bias. */
export function biasCodes(tensor: Tensor | undefined, channels: number, where: string): Int32Array {
  if (!tensor) return new Int32Array(channels);
  if (!tensor.data) return fail("QC2002", "the bias must be a constant.", where);
  if (tensor.data.length !== channels) {
    return fail("QC2005", `got ${tensor.data.length} biases for ${channels} output channels.`, where);
  }
  if (tensor.quantization.zeroPoints.some((zeroPoint) => zeroPoint !== 0)) {
    return fail("QC2004", "a bias with a zero point is not supported; expected zero point 0.", where);
  }
  return tensor.data;
}

/** Refuses weights whose scales lie along another axis than the output channels. */
export function requireScaleAxis(tensor: Tensor, axis: number, where: string): void {
  const given = tensor.quantization.axis;
  if (given !== undefined && given !== axis) {
    fail("QC2004", `weights are quantized along axis ${given}; expected axis ${axis} (output channels).`, where);
  }
}

/** Refuses activations that are quantized per channel. */
export function requirePerTensor(tensor: Tensor, where: string): void {
  if (tensor.quantization.scales.length !== 1) {
    fail("QC2004", `activation '${tensor.name}' is quantized per channel; expected one scale.`, where);
  }
}
