/** What the tables of refused models share. */
import { type Affine, type Attribute, ModelBuilder, oneOp, smallNetwork } from "../../helpers/onnx.js";

/** What is refused, the model, the code, the place, words of the message. */
export type Refusal = readonly [string, () => ModelBuilder | Uint8Array, string, string | undefined, RegExp];

export const q: Affine = { scale: 0.1, zeroPoint: 0 };
export const image = [1, 2, 6, 6];

/** One operation on x with seeded weights. */
export function conv(
  given: Record<string, Attribute>,
  weights: readonly number[] = [3, 2, 3, 3],
  input = image,
): ModelBuilder {
  return oneOp(input, (b, x) => b.node("Conv", [x, b.weights(weights)], given, { name: "conv" }));
}
export const op = (type: string, given: Record<string, Attribute>, input = image) =>
  oneOp(input, (b, x) => b.node(type, [x], given, { name: "node" }));

/** A model whose quantization parameters are `scale` and `zero`. */
export function quantized(scale: number[], zero: number[], attributes: Record<string, Attribute> = {}): ModelBuilder {
  const b = new ModelBuilder();
  const s = b.constant("s", "float", scale.length === 1 ? [] : [scale.length], scale);
  const z = b.constant("z", "int8", zero.length === 1 ? [] : [zero.length], zero);
  const x = b.node("QuantizeLinear", [b.input(image), s, z], attributes, { name: "node" });
  return b.output(b.node("MaxPool", [x], { kernel_shape: [2, 2] }));
}

/** An int8 graph input dequantized with `scales` on axis 1. */
export function border(scales: number[]): ModelBuilder {
  const b = new ModelBuilder();
  const x = b.node(
    "DequantizeLinear",
    [b.input(image, "int8"), b.constant("s", "float", [scales.length], scales)],
    {},
    { name: "node" },
  );
  return b.output(b.quantize(b.node("Relu", [x]), q));
}

/** A whole model whose constant is damaged in the protobuf. */
export function damaged(override: object): ModelBuilder {
  const b = oneOp([1, 4], (builder, x) => builder.node("MatMul", [x, builder.weights([4, 3])]));
  b.overrides.set("w", override);
  return b;
}

export const edited = (edit: (proto: any) => void) => smallNetwork().bytes(edit);

/** A product with a constant quantized by QONNX in steps of the least float32. */
export function quant(value: number): ModelBuilder {
  return oneOp([1, 4], (b, x) => {
    const numbers = [2 ** -149, 0, 4].map((each) => b.constant("n", "float", [], [each]));
    const domain = "qonnx.custom_op.general";
    const weights = b.constant("w", "float", [4, 2], [value, -1e30, 1e30, 0, 2 ** -148, 0, 0, 0]);
    return b.node("MatMul", [x, b.node("Quant", [weights, ...numbers], {}, { name: "node", domain })]);
  });
}
