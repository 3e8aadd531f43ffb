/** What is no function of one value: functions of different tensors, and constants along two axes. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type ModelBuilder, oneOp } from "../helpers/onnx.js";

describe("functions of one value", () => {
  it("functions of different tensors are refused", () => {
    const model = oneOp([1, 4], (b, x) =>
      b.node("Mul", [b.node("Sigmoid", [x]), b.qdq(b.node("Neg", [x]), { scale: 0.0471, zeroPoint: 11 })]),
    );
    expect(() => compile(model.bytes())).toThrow(/functions of different tensors/);
    const pending = oneOp([1, 4], (b, x) => b.node("Sigmoid", [b.node("Softmax", [x])]));
    expect(() => compile(pending.bytes())).toThrow(/is not quantized/);
  });

  it("constants along two axes of one value are refused, also where these are equally long", () => {
    const factors = (b: ModelBuilder, x: string, ...dims: number[]) =>
      b.node("Mul", [x, b.constant("c", "float", dims, [0.5, 1.5, 0.25])]);
    const bodies: ((b: ModelBuilder, x: string) => string)[] = [
      (b, x) => factors(b, factors(b, x, 3), 3, 1),
      (b, x) =>
        b.node("Mul", [b.node("Mul", [x, b.constant("c", "float", [3, 1], [0.5, 1.5, 0.25])]), factors(b, x, 3)]),
      (b, x) => {
        const [scale, bias, mean, variance] = [0.5, 1.5, 0.25, 2].map((first) =>
          b.constant("bn", "float", [3], [first, 1, 3]),
        );
        return b.node("BatchNormalization", [factors(b, x, 3), scale!, bias!, mean!, variance!]);
      },
    ];
    for (const body of bodies)
      expect(() => compile(oneOp([1, 3, 3], body).bytes())).toThrow(/constants along two axes|different tensors/);
  });
});
