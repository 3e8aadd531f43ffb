/** The operators of the TensorFlow Lite front end but convolutions, against TensorFlow Lite's formulas. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { Random } from "../hdl/graphs.js";
import { type Fields, type Operator, TfliteBuilder } from "../helpers/tflite.js";
import {
  type Affine,
  bounds,
  clamp,
  f32,
  limits,
  multiplierOf,
  multiply,
  place,
  X,
  Y,
} from "../helpers/tflite-reference.js";

/** One operator on activations of the given shapes; `more` adds its constants. Returns its codes for random inputs. */
function run(
  operator: Operator,
  shapes: readonly (readonly number[])[],
  result: readonly number[],
  given: {
    options?: Fields;
    more?: (b: TfliteBuilder) => number[];
    x?: Affine;
    y?: Affine;
    inputs?: readonly Int32Array[];
    numerics?: string;
  } = {},
) {
  const { x = X, y = Y } = given;
  const b = new TfliteBuilder();
  const inputs = shapes.map((shape) => b.input(b.activation(shape, x.scale, x.zeroPoint, x.type)));
  const constants = given.more?.(b) ?? [];
  b.output(
    b.operator(operator, [...inputs, ...constants], b.activation(result, y.scale, y.zeroPoint, y.type), given.options),
  );
  const { integerGraph, notes } = compile(b.bytes(), { numerics: given.numerics });
  const random = new Random(7);
  const [lo, hi] = limits[x.type ?? "int8"];
  const codes =
    given.inputs ??
    shapes.map((shape) =>
      random.codes(
        shape.reduce((p, dim) => p * dim, 1),
        { lo, hi },
      ),
    );
  return { codes, output: Array.from(outputsOf(integerGraph, codes)[0]!), integerGraph, notes };
}

describe("FULLY_CONNECTED", () => {
  const weights = Array.from({ length: 24 }, (_, k) => ((k * 37) % 251) - 125);
  const bias = [100, -300, 7, 0];
  const scales = [0.02, 0.03, 0.04, 0.05].map(f32);
  const fullyConnected = (
    shape: readonly number[],
    result: readonly number[],
    options: Fields,
    perChannel: boolean,
    hasBias: boolean,
  ) =>
    run("FULLY_CONNECTED", [shape], result, {
      options,
      more: (b) => {
        const w = b.tensor({
          shape: [4, 6],
          data: weights,
          scales: perChannel ? scales : [scales[0]!],
          zeroPoints: perChannel ? [0, 0, 0, 0] : [0],
        });
        return hasBias ? [w, b.tensor({ shape: [4], type: "int32", data: bias })] : [w];
      },
    });
  const expected = (codes: Int32Array, perChannel: boolean, hasBias: boolean, activation: number) => {
    const [lo, hi] = bounds(activation, Y.scale, Y.zeroPoint, "int8");
    return Array.from({ length: (codes.length / 6) * 4 }, (_, k) => {
      const [row, o] = [Math.floor(k / 4), k % 4];
      let acc = hasBias ? bias[o]! : 0;
      for (let i = 0; i < 6; i++) acc += (codes[row * 6 + i]! - X.zeroPoint) * weights[o * 6 + i]!;
      const scale = scales[perChannel ? o : 0]!;
      const product = hasBias ? X.scale * scale : f32(X.scale * scale);
      return clamp(multiply(acc, multiplierOf(product / Y.scale)) + Y.zeroPoint, lo, hi);
    });
  };
  it.each([
    { shape: [1, 6], result: [1, 4], keep: 0, perChannel: false, hasBias: true, activation: 0 },
    { shape: [1, 6], result: [1, 4], keep: 0, perChannel: true, hasBias: false, activation: 1 },
    { shape: [1, 3, 2], result: [1, 4], keep: 0, perChannel: false, hasBias: false, activation: 3 },
    { shape: [1, 2, 3, 6], result: [6, 4], keep: 0, perChannel: true, hasBias: true, activation: 2 },
    { shape: [1, 2, 3, 6], result: [1, 2, 3, 4], keep: 1, perChannel: false, hasBias: true, activation: 0 },
  ])("$shape to $result", ({ shape, result, keep, perChannel, hasBias, activation }) => {
    const { codes, output } = fullyConnected(
      shape,
      result,
      { 0: ["int8", activation], 2: ["int8", keep] },
      perChannel,
      hasBias,
    );
    expect(output).toEqual(expected(codes[0]!, perChannel, hasBias, activation));
  });
});

describe("pools", () => {
  const pool = (same: boolean, activation: number): Fields => ({
    0: ["int8", same ? 0 : 1],
    1: ["int32", 2],
    2: ["int32", 2],
    3: ["int32", 2],
    4: ["int32", 3],
    5: ["int8", activation],
  });
  /** Codes under each window of 3 x 2, stride 2, of a [1, 5, 5, 2] image. */
  const windows = (codes: Int32Array, same: boolean) => {
    const [rows, top] = place(5, 3, 2, same);
    const [columns, left] = place(5, 2, 2, same);
    return Array.from({ length: rows * columns * 2 }, (_, k) => {
      const [oy, ox, channel] = [Math.floor(k / 2 / columns), Math.floor(k / 2) % columns, k % 2];
      const found: number[] = [];
      for (let iy = oy * 2 - top; iy < oy * 2 - top + 3; iy++)
        for (let ix = ox * 2 - left; ix < ox * 2 - left + 2; ix++)
          if (iy >= 0 && iy < 5 && ix >= 0 && ix < 5) found.push(codes[(iy * 5 + ix) * 2 + channel]!);
      return found;
    });
  };
  describe.each([
    { same: true, activation: 0, result: [1, 3, 3, 2] },
    { same: false, activation: 1, result: [1, 2, 2, 2] },
    { same: true, activation: 3, result: [1, 3, 3, 2] },
  ])("same $same activation $activation", ({ same, activation, result }) => {
    const [lo, hi] = bounds(activation, X.scale, X.zeroPoint, "int8");
    // The first channel stays below the bounds of RELU6, the second above.
    const inputs = [new Random(3).codes(50, { lo: 0, hi: 7 }).map((code, k) => (k % 2 === 0 ? code - 8 : code + 120))];
    it("MAX_POOL_2D", () => {
      const { codes, output } = run("MAX_POOL_2D", [[1, 5, 5, 2]], result, {
        options: pool(same, activation),
        y: X,
        inputs,
      });
      expect(output).toEqual(windows(codes[0]!, same).map((found) => clamp(Math.max(...found), lo, hi)));
    });
    it("AVERAGE_POOL_2D", () => {
      const { codes, output } = run("AVERAGE_POOL_2D", [[1, 5, 5, 2]], result, {
        options: pool(same, activation),
        y: X,
      });
      const mean = (found: readonly number[]) => {
        const sum = found.reduce((p, q) => p + q, 0);
        return clamp(
          Math.trunc(
            (sum > 0 ? sum + Math.floor(found.length / 2) : sum - Math.floor(found.length / 2)) / found.length,
          ),
          lo,
          hi,
        );
      };
      expect(output).toEqual(windows(codes[0]!, same).map(mean));
    });
  });

  /** reference/reduce.h QuantizedMeanOrSum. */
  function meanOf(codes: readonly number[], x: Affine, y: Affine): number {
    const { m, shift } = multiplierOf(x.scale / y.scale);
    const extra = Math.min(Math.floor(Math.log2(codes.length)), 31 + shift);
    const scaled = { m: (m << BigInt(extra)) / BigInt(codes.length), shift: shift - extra };
    return clamp(
      multiply(
        codes.reduce((p, q) => p + q - x.zeroPoint, 0),
        scaled,
      ) + y.zeroPoint,
      -128,
      127,
    );
  }
  it.each([
    { shape: [1, 4, 4, 3], axes: [1, 2], keep: 0, result: [1, 3], x: X, y: X },
    { shape: [1, 4, 4, 3], axes: [-2, 1], keep: 1, result: [1, 1, 1, 3], x: { ...X, zeroPoint: 0 }, y: X },
    { shape: [1, 7, 5, 3], axes: [1, 2], keep: 0, result: [1, 3], x: X, y: Y },
    {
      shape: [1, 9, 3],
      axes: [1],
      keep: 1,
      result: [1, 1, 3],
      x: { ...X, zeroPoint: -128 },
      y: { ...Y, scale: f32(0.02) },
    },
  ])("MEAN over $axes of $shape", ({ shape, axes, keep, result, x, y }) => {
    const count = shape.slice(1, -1).reduce((p, dim) => p * dim, 1);
    for (let seed = 0; seed < 40; seed++) {
      const codes = new Random(seed).codes(count * 3, { lo: -128, hi: seed % 2 === 0 ? 127 : -100 });
      const { output, notes } = run("MEAN", [shape], result, {
        options: { 0: ["int8", keep] },
        more: (b) => [b.numbers(axes)],
        x,
        y,
        inputs: [codes],
      });
      const expected = [0, 1, 2].map((channel) =>
        meanOf(
          Array.from(codes).filter((_, k) => k % 3 === channel),
          x,
          y,
        ),
      );
      expect(output).toEqual(expected);
      expect(notes).toEqual([]);
    }
  });
});

describe("elementwise", () => {
  it("ADD with a fused RELU6", () => {
    const { codes, output } = run(
      "ADD",
      [
        [1, 5, 4],
        [1, 5, 4],
      ],
      [1, 5, 4],
      { options: { 0: ["int8", 3] }, y: { scale: f32(0.06), zeroPoint: -100 } },
    );
    const y = { scale: f32(0.06), zeroPoint: -100 };
    const [lo, hi] = bounds(3, y.scale, y.zeroPoint, "int8");
    const twice = 2 * X.scale;
    const scaled = (code: number) => multiply((code - X.zeroPoint) * 2 ** 20, multiplierOf(X.scale / twice));
    const sums = Array.from(codes[0]!, (code, k) => scaled(code) + scaled(codes[1]![k]!));
    expect(output).toEqual(
      sums.map((sum) => clamp(multiply(sum, multiplierOf(twice / (2 ** 20 * y.scale))) + y.zeroPoint, lo, hi)),
    );
  });
  it.each([
    ["RELU", 1, Y],
    ["RELU6", 3, X],
    ["RELU_N1_TO_1", 2, X],
    ["QUANTIZE", 0, Y],
  ] as const)("%s", (operator, activation, y) => {
    const inputs = [Int32Array.from({ length: 256 }, (_, k) => k - 128)];
    const { output } = run(operator, [[1, 256]], [1, 256], { y, inputs });
    const [lo, hi] = bounds(activation, y.scale, y.zeroPoint, "int8");
    expect(output).toEqual(
      Array.from(inputs[0]!, (code) =>
        clamp(multiply(code - X.zeroPoint, multiplierOf(X.scale / y.scale)) + y.zeroPoint, lo, hi),
      ),
    );
  });
  it("QUANTIZE from int8 to uint8 moves the zero point", () => {
    const { codes, output } = run("QUANTIZE", [[1, 50]], [1, 50], {
      y: { scale: X.scale, zeroPoint: 131, type: "uint8" },
    });
    expect(output).toEqual(Array.from(codes[0]!, (code) => code + 128));
  });
  it("SOFTMAX is within one step of the real one, and tflite's", () => {
    const { codes, output, integerGraph } = run("SOFTMAX", [[1, 10]], [1, 10], {
      options: { 0: ["float32", 1] },
      y: { scale: 1 / 256, zeroPoint: -128 },
    });
    expect(integerGraph.nodes[0]!.attributes).toMatchObject({ kind: "tflite" });
    const exponentials = Array.from(codes[0]!, (code) => Math.exp(code * X.scale));
    const sum = exponentials.reduce((p, q) => p + q, 0);
    for (const [k, e] of exponentials.entries())
      expect(Math.abs(output[k]! + 128 - (256 * e) / sum)).toBeLessThanOrEqual(1);
  });
});

describe("movements", () => {
  const moved = (
    operator: Operator,
    shape: readonly number[],
    result: readonly number[],
    more?: (b: TfliteBuilder) => number[],
    options?: Fields,
  ) => run(operator, [shape], result, { y: X, ...(more && { more }), ...(options && { options }) });
  it.each([
    ["an input", (b: TfliteBuilder) => [b.numbers([-1, 6])], undefined],
    ["an option", undefined, { 0: ["int32s", [2, 6]] }],
  ] as const)("RESHAPE by %s", (_, more, options) => {
    const { codes, output, integerGraph } = moved("RESHAPE", [1, 3, 4], [2, 6], more, options);
    expect(output).toEqual(Array.from(codes[0]!));
    expect(integerGraph.outputs[0]!.shape).toEqual([2, 6]);
  });
  it("SQUEEZE of all and of listed axes, EXPAND_DIMS", () => {
    expect(moved("SQUEEZE", [1, 1, 5, 1], [5], undefined, {}).integerGraph.outputs[0]!.shape).toEqual([5]);
    expect(
      moved("SQUEEZE", [1, 1, 5, 1], [1, 5], undefined, { 0: ["int32s", [1, -1]] }).integerGraph.outputs[0]!.shape,
    ).toEqual([1, 5]);
    expect(
      moved("EXPAND_DIMS", [1, 5], [1, 5, 1], (b) => [b.numbers([-1], [])]).integerGraph.outputs[0]!.shape,
    ).toEqual([1, 5, 1]);
    expect(moved("EXPAND_DIMS", [1, 5], [1, 1, 5], (b) => [b.numbers([1], [])]).integerGraph.outputs[0]!.shape).toEqual(
      [1, 1, 5],
    );
  });
  it("TRANSPOSE", () => {
    const { codes, output } = moved("TRANSPOSE", [1, 2, 3], [1, 3, 2], (b) => [b.numbers([0, 2, 1])]);
    expect(output).toEqual([0, 3, 1, 4, 2, 5].map((k) => codes[0]![k]));
  });
});

describe("the border of float models", () => {
  it("QUANTIZE of a float input and DEQUANTIZE of the result leave codes at the graph's border", () => {
    const b = new TfliteBuilder();
    const real = b.input(b.tensor({ shape: [1, 4], type: "float32", name: "pixels" }));
    const codes = b.operator("QUANTIZE", [real], b.activation([1, 4], 0.5, 3));
    const relu = b.operator("RELU", [codes], b.activation([1, 4], 0.5, 3));
    b.output(b.operator("DEQUANTIZE", [relu], b.tensor({ shape: [1, 4], type: "float32" })));
    const { graph, integerGraph } = compile(b.bytes());
    expect(graph.inputs).toMatchObject([{ name: "pixels", quantization: { scales: [0.5], zeroPoints: [3] } }]);
    expect(Array.from(outputsOf(integerGraph, [Int32Array.of(-5, 2, 3, 90)])[0]!)).toEqual([3, 3, 3, 90]);
  });
});
