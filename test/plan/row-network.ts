/** A network whose layers can pass rows: strides, padding, a residual with a shortcut convolution, pools, and a branch. */
import { ModelBuilder } from "../helpers/onnx.js";

/** Input [1, 24, 20, 3], so that its rows come one after the other. Its widest activations are in front, as in image networks. */
export function rowNetwork(): ModelBuilder {
  const b = new ModelBuilder(11);
  const affine = () => ({ scale: 0.03 + b.random.next() * 0.04, zeroPoint: b.random.integer(-20, 20) });
  const conv = (x: string, shape: readonly number[], attributes: Record<string, unknown>) => {
    const sum = b.node("Conv", [x, b.weights([...shape]), b.bias(shape[0]!)], attributes as never);
    return b.qdq(b.node("Relu", [sum]), affine());
  };
  const pads = [1, 1, 1, 1];
  const image = b.qdq(b.input([1, 24, 20, 3]), { scale: 0.05, zeroPoint: 3 });
  const x = b.node("Transpose", [image], { perm: [0, 3, 1, 2] });
  const stem = conv(x, [8, 3, 3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] });
  const wide = conv(stem, [16, 8, 1, 1], {});
  const depth = conv(wide, [16, 1, 5, 5], { group: 16, pads: [2, 2, 2, 2] });
  const narrow = conv(depth, [8, 16, 1, 1], {});
  const sum = b.qdq(b.node("Add", [narrow, stem]), affine());
  const left = conv(sum, [8, 8, 3, 3], { strides: [2, 2], pads });
  const shortcut = conv(sum, [8, 8, 1, 1], { strides: [2, 2] });
  const joined = b.qdq(b.node("Add", [left, shortcut]), affine());
  const pooled = b.node("MaxPool", [joined], { kernel_shape: [3, 3], strides: [1, 1], pads });
  const mean = b.qdq(b.node("AveragePool", [joined], { kernel_shape: [3, 3], strides: [1, 1], pads }), affine());
  const both = b.qdq(b.node("Add", [pooled, mean]), affine());
  const global = b.qdq(b.node("GlobalAveragePool", [both]), affine());
  return b.output(
    b.qdq(b.node("Gemm", [b.node("Flatten", [global]), b.weights([4, 8]), b.bias(4)], { transB: 1 }), affine()),
  );
}
