/**
 * `onnxruntime`: the fused integer operators of ONNX Runtime (QLinearConv, QGemm, QLinearAdd, QLinearGlobalAveragePool,
 * QLinearSoftmax) as its x86-64 kernels compute them, in float32. Sources: onnxruntime core/mlas/lib/{quantize,qladd}.cpp,
 * core/providers/cpu/quantization/qlinearconv.cc, contrib_ops/cpu/quantization/*.cc.
 */
import type { RealClamp } from "../../ir/graph.js";
import { type IntegerType, type Range, typeRange } from "../../ir/types.js";
import { f32, fma32, rint, saturate } from "../float32.js";
import type { AddDefinition, AddSpec, AveragePoolSpec, Numerics, ProductSpec, UnarySpec } from "../numerics.js";
import { rational } from "../rational.js";
import { type Staircase, staircaseOf } from "../staircase.js";
import { exactAveragePool } from "./exact.js";
import { float32Expression } from "./expression.js";
import { roundedSoftmax } from "./softmax.js";

export const onnxruntime: Numerics = {
  name: "onnxruntime",
  clampCodes(clamp: RealClamp, output, type: IntegerType): Range {
    const { lo, hi } = typeRange(type);
    const code = (bound: number) => saturate(rint(f32(f32(bound) / output.scale)) + output.zeroPoint, lo, hi);
    return { lo: clamp.min === -Infinity ? lo : code(clamp.min), hi: clamp.max === Infinity ? hi : code(clamp.max) };
  },
  /** c = fl(fl(sx*sw)/sy); y = RNE(fl(fl(acc)*c)) + zy, the bias inside the integer accumulator. */
  product(spec: ProductSpec): Staircase {
    const scale = f32(f32(spec.inputScale * spec.weightScale) / spec.outputScale);
    return scaledStaircase(scale, spec.outputZeroPoint, spec.clamp, spec.acc, 0);
  },
  /**
   * F = fl(zy - fma(ra, za, fl(rb*zb))); y = RNE(fma(a, ra, fma(b, rb, F))), fma(x, y, z) = fl(x*y + z): the zero point is inside the
   * rounding, and the kernel for AVX2 fuses products and sums.
   */
  add({ a, b, subtract, output, clamp }: AddSpec): AddDefinition {
    if (subtract) {
      // There is no integer operator: the difference of the dequantized operands, quantized.
      const sign = subtract === "first" ? -1 : 1;
      const first = (code: number) => sign * f32(a.scale * (code - a.zeroPoint));
      const second = (code: number) => -sign * f32(b.scale * (code - b.zeroPoint));
      return {
        value: (x, y) =>
          saturate(rint(f32(f32(first(x) + second(y)) / output.scale)) + output.zeroPoint, clamp.lo, clamp.hi),
        terms: { a: (code) => first(code) / output.scale, b: (code) => second(code) / output.scale },
      };
    }
    const ra = f32(a.scale / output.scale);
    const rb = f32(b.scale / output.scale);
    const offset = f32(output.zeroPoint - fma32(ra, a.zeroPoint, f32(rb * b.zeroPoint)));
    const second = (code: number) => fma32(code, rb, offset);
    return {
      value: (x, y) => saturate(rint(fma32(x, ra, second(y))), clamp.lo, clamp.hi),
      terms: { a: (code) => code * ra, b: (code) => second(code) - output.zeroPoint },
    };
  },
  /** QLinearMul: r = fl(fl(sa*sb)/sy); y = RNE(fl(fl(p*r) + zy)): the zero point is inside the rounding. */
  multiply({ a, b, output, clamp, product }) {
    const ratio = f32(f32(a.scale * b.scale) / output.scale);
    const value = (at: number) => saturate(rint(f32(f32(at * ratio) + output.zeroPoint)), clamp.lo, clamp.hi);
    return staircaseOf(value, product.lo, product.hi, (code) => (code - output.zeroPoint - 0.5) / ratio);
  },
  averagePool(spec: AveragePoolSpec) {
    if (!spec.global) {
      return {
        staircase: exactAveragePool(spec),
        fallback: "ONNX Runtime sums local average-pool windows in float, which is no function of the integer sum",
      };
    }
    // c = fl(sx / fl(sy*fl(N))), then as a convolution on the sum of x - zx.
    const scale = f32(spec.input.scale / f32(spec.output.scale * f32(spec.count)));
    return {
      staircase: scaledStaircase(scale, spec.output.zeroPoint, spec.clamp, spec.sum, spec.count * spec.input.zeroPoint),
    };
  },
  unary({ input, output, clamp }: UnarySpec) {
    return (code) =>
      saturate(
        rint(f32(f32(input.scale * (code - input.zeroPoint)) / output.scale)) + output.zeroPoint,
        clamp.lo,
        clamp.hi,
      );
  },
  expression: float32Expression,
  /** QLinearSoftmax multiplies by floor(1/sy). */
  softmax: (input, output, where) =>
    roundedSoftmax(input.scale, rational(1n, BigInt(Math.floor(f32(1 / output.scale)))), where),
};

/** y = RNE(fl(fl(acc - offset) * scale)) + zeroPoint, clamped. */
function scaledStaircase(scale: number, zeroPoint: number, clamp: Range, acc: Range, offset: number): Staircase {
  const value = (at: number) => {
    const scaled = saturate(f32(f32(at - offset) * scale), clamp.lo - zeroPoint, clamp.hi - zeroPoint);
    return rint(scaled) + zeroPoint;
  };
  return staircaseOf(value, acc.lo, acc.hi, (code) => (code - zeroPoint - 0.5) / scale + offset);
}
