/** Random small models over all operations, for properties that must hold on every graph. */
import { type Affine, ModelBuilder } from "./onnx.js";

interface Activation {
  readonly name: string;
  readonly dims: readonly number[];
}

/** A model of `steps` random operations from a seed; dead branches, residuals and several outputs included. */
export function randomModel(seed: number, steps = 6): ModelBuilder {
  const b = new ModelBuilder(seed);
  const random = b.random;
  const pick = <T>(items: readonly T[]): T => items[random.integer(0, items.length - 1)]!;
  const affine = (): Affine => ({ scale: 0.02 + random.next() * 0.06, zeroPoint: random.integer(-20, 20) });
  const pool: Activation[] = [];
  const quantized = (name: string, dims: readonly number[]) => pool.push({ name: b.qdq(name, affine()), dims });
  const moved = (name: string, dims: readonly number[]) => pool.push({ name, dims });
  const images = () => pool.filter(({ dims }) => dims.length === 4 && dims[0] === 1);

  const operations: (() => void)[] = [
    () => {
      const x = pick(images());
      if (!x) return;
      const [, channels, height, width] = x.dims as [number, number, number, number];
      const depthwise = random.next() < 0.3;
      const kernel = [random.integer(1, Math.min(3, height)), random.integer(1, Math.min(3, width))];
      const outputs = depthwise ? channels : random.integer(1, 4);
      const y = b.node("Conv", [x.name, b.weights([outputs, depthwise ? 1 : channels, ...kernel]), b.bias(outputs)], {
        auto_pad: pick(["SAME_UPPER", "SAME_LOWER"]),
        group: depthwise ? channels : 1,
      });
      quantized(random.next() < 0.5 ? b.node("Relu", [y]) : y, [1, outputs, height, width]);
    },
    () => {
      const x = pick(images());
      if (!x || x.dims[2]! < 2 || x.dims[3]! < 2) return;
      const dims = [1, x.dims[1]!, Math.floor(x.dims[2]! / 2), Math.floor(x.dims[3]! / 2)];
      const window = { kernel_shape: [2, 2], strides: [2, 2] };
      if (random.next() < 0.5) moved(b.node("MaxPool", [x.name], window), dims);
      else quantized(b.node("AveragePool", [x.name], window), dims);
    },
    () => {
      const x = pick(images());
      if (x) quantized(b.node("GlobalAveragePool", [x.name]), [1, x.dims[1]!, 1, 1]);
    },
    () => {
      const x = pick(pool);
      quantized(random.next() < 0.5 ? b.node("Relu", [x.name]) : x.name, x.dims);
    },
    () => {
      const x = pick(pool);
      const y = pick(pool.filter(({ dims }) => dims.join() === x.dims.join()));
      quantized(b.node("Add", [x.name, y.name]), x.dims);
    },
    () => {
      const x = pick(pool);
      const perm = x.dims.map((_, axis) => axis);
      for (let i = perm.length - 1; i > 1; i--) {
        const j = random.integer(1, i);
        [perm[i], perm[j]] = [perm[j]!, perm[i]!];
      }
      moved(
        b.node("Transpose", [x.name], { perm }),
        perm.map((axis) => x.dims[axis]!),
      );
    },
    () => {
      const x = pick(pool);
      const count = x.dims.reduce((a, c) => a * c, 1);
      const divisors = Array.from({ length: count }, (_, i) => i + 1).filter((d) => count % d === 0);
      const inner = pick(divisors);
      const dims = pick([
        [1, count],
        [1, count / inner, inner],
        [1, inner, count / inner, 1],
        [inner, count / inner],
      ]);
      moved(b.node("Reshape", [x.name, b.constant("shape", "int64", [dims.length], dims)]), dims);
    },
    () => {
      const x = pick(pool);
      const outputs = random.integer(1, 5);
      const flat = x.dims.length === 4 ? b.node("Flatten", [x.name]) : x.name;
      const dims = x.dims.length === 4 ? [x.dims[0]!, x.dims[1]! * x.dims[2]! * x.dims[3]!] : x.dims;
      if (dims.length === 2 && random.next() < 0.5) {
        quantized(b.node("Gemm", [flat, b.weights([outputs, dims[1]!]), b.bias(outputs)], { transB: 1 }), [
          dims[0]!,
          outputs,
        ]);
      } else {
        quantized(b.node("MatMul", [flat, b.weights([dims.at(-1)!, outputs])]), [...dims.slice(0, -1), outputs]);
      }
    },
  ];

  const dims = [1, random.integer(1, 4), random.integer(2, 5), random.integer(2, 5)];
  quantized(b.input(dims), dims);
  for (let step = 0; step < steps; step++) pick(operations)();
  b.output(pool.at(-1)!.name);
  if (pool.length > 2 && random.next() < 0.3) b.output(pool[random.integer(1, pool.length - 2)]!.name);
  return b;
}
