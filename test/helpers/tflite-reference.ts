/** TensorFlow Lite's integer formulas, written from its kernels and independent of compiler/: the tests' oracle. */

export const f32 = Math.fround;

/** kernel_util.cc QuantizeMultiplier and common.cc MultiplyByQuantizedMultiplier with gemmlowp's SRDHM and RDP. */
export function multiplierOf(real: number): { m: bigint; shift: number } {
  let shift = 0;
  let q = real;
  while (q >= 1) [q, shift] = [q / 2, shift + 1];
  while (q < 0.5) [q, shift] = [q * 2, shift - 1];
  let m = BigInt(Math.round(q * 2 ** 31));
  if (m === 1n << 31n) [m, shift] = [m / 2n, shift + 1];
  return { m, shift };
}
export function multiply(acc: number, { m, shift }: { m: bigint; shift: number }): number {
  const product = (BigInt(acc) << BigInt(Math.max(shift, 0))) * m;
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  const high = (product + nudge) / (1n << 31n);
  const exponent = BigInt(Math.max(-shift, 0));
  const mask = (1n << exponent) - 1n;
  const remainder = high & mask;
  const threshold = (mask >> 1n) + (high < 0n ? 1n : 0n);
  return Number((high >> exponent) + (remainder > threshold ? 1n : 0n));
}
export const clamp = (value: number, lo: number, hi: number) => Math.min(Math.max(value, lo), hi);

export const limits = { int8: [-128, 127], uint8: [0, 255] } as const;

/** CalculateActivationRangeQuantized: none, RELU, RELU_N1_TO_1, RELU6. */
export function bounds(
  activation: number,
  scale: number,
  zeroPoint: number,
  type: keyof typeof limits,
): [number, number] {
  const [lo, hi] = limits[type];
  const code = (real: number) => zeroPoint + Math.round(f32(real / f32(scale)));
  if (activation === 0) return [lo, hi];
  const [least, most] = { 1: [0, Infinity], 2: [-1, 1], 3: [0, 6] }[activation]!;
  return [Math.max(lo, code(least!)), most === Infinity ? hi : Math.min(hi, code(most!))];
}

export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly type?: "int8" | "uint8";
}
/** The input of most tests. */
export const X: Affine = { scale: f32(0.05), zeroPoint: 3 };
/** The result of most tests. */
export const Y: Affine = { scale: f32(0.11), zeroPoint: -7 };

/** Output size and first pad of TensorFlow's SAME and VALID. */
export function place(size: number, span: number, stride: number, same: boolean): [number, number] {
  const out = same ? Math.ceil(size / stride) : Math.ceil((size - span + 1) / stride);
  return [out, same ? Math.floor(Math.max((out - 1) * stride + span - size, 0) / 2) : 0];
}
