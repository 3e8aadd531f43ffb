/** Quantization in doubles, for plain definitions whose values are clear of ties. */
import type { Affine } from "../helpers/onnx.js";

export const real = (code: number, { scale, zeroPoint }: Affine): number => Math.fround(scale) * (code - zeroPoint);

const ends: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** QuantizeLinear; throws where the value is too close to a tie for doubles to decide. */
export function code(value: number, { scale, zeroPoint, type = "int8" }: Affine): number {
  const [lo, hi] = ends[type]!;
  const scaled = value / Math.fround(scale);
  const near = Math.abs(scaled - Math.floor(scaled) - 0.5);
  const inside = scaled + zeroPoint > lo - 1 && scaled + zeroPoint < hi + 1;
  if (inside && near < 1e-9) throw new Error(`${value} / ${scale} is a tie: this definition cannot decide it`);
  return Math.min(hi, Math.max(lo, Math.round(scaled) + zeroPoint));
}
