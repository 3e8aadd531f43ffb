/** CONV_2D, DEPTHWISE_CONV_2D and PAD against TensorFlow Lite's formulas, written here in the file's own layout. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { Random } from "../hdl/graphs.js";
import { type Fields, TfliteBuilder } from "../helpers/tflite.js";
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

describe("convolutions", () => {
  const random = new Random(20260101);
  const cases = Array.from({ length: 24 }, (_, i) => {
    const depthwise = i % 2 === 1;
    const [groups, perGroup, multiple] = [
      random.integer(1, 3),
      depthwise ? 1 : random.integer(1, 3),
      random.integer(1, 3),
    ];
    return {
      depthwise,
      groups: depthwise ? random.integer(1, 4) : i % 3 === 0 ? groups : 1,
      perGroup,
      multiple,
      size: [random.integer(3, 8), random.integer(3, 8)],
      kernel: [random.integer(1, 3), random.integer(1, 3)],
      stride: [random.integer(1, 3), random.integer(1, 3)],
      dilation: i % 4 === 0 ? [2, 1] : [1, 1],
      same: i % 4 !== 1,
      activation: i % 4,
      bias: i % 5 !== 0,
      perChannel: i % 3 !== 1,
      pad: i % 6 === 2 ? [1, 0, 2, 1] : [0, 0, 0, 0],
      type: i % 7 === 6 ? ("uint8" as const) : ("int8" as const),
    };
  }).filter(
    ({ same, size, kernel, dilation }) => same || size.every((n, a) => n >= (kernel[a]! - 1) * dilation[a]! + 1),
  );

  it.each(cases)("$# depthwise $depthwise groups $groups same $same activation $activation", (c) => {
    const x: Affine = { ...X, type: c.type, zeroPoint: c.type === "uint8" ? 128 : 3 };
    const y: Affine = { ...Y, type: c.type, zeroPoint: c.type === "uint8" ? 100 : -7 };
    const [height, width] = c.size as [number, number];
    const channels = c.groups * c.perGroup;
    const outputs = c.groups * c.multiple;
    const [kh, kw] = c.kernel as [number, number];
    const [paddedHeight, paddedWidth] = [height + c.pad[0]! + c.pad[2]!, width + c.pad[1]! + c.pad[3]!];
    const [rows, top] = place(paddedHeight, (kh - 1) * c.dilation[0]! + 1, c.stride[0]!, c.same);
    const [columns, left] = place(paddedWidth, (kw - 1) * c.dilation[1]! + 1, c.stride[1]!, c.same);
    const shape = c.depthwise ? [1, kh, kw, outputs] : [outputs, kh, kw, c.perGroup];
    const weights = Array.from({ length: shape.reduce((p, dim) => p * dim, 1) }, () => random.integer(-127, 127));
    const biases = Array.from({ length: outputs }, () => random.integer(-2000, 2000));
    const scales = c.perChannel ? biases.map((_, o) => f32(0.01 + 0.003 * o)) : [f32(0.013)];
    const zeros = scales.map(() => 0);

    const b = new TfliteBuilder();
    let input = b.input(b.activation([1, height, width, channels], x.scale, x.zeroPoint, c.type));
    if (c.pad.some((pad) => pad > 0)) {
      const paddings = b.numbers([0, 0, c.pad[0]!, c.pad[2]!, c.pad[1]!, c.pad[3]!, 0, 0], [4, 2]);
      input = b.operator(
        "PAD",
        [input, paddings],
        b.activation([1, paddedHeight, paddedWidth, channels], x.scale, x.zeroPoint, c.type),
        {},
      );
    }
    const w = b.tensor({ shape, data: weights, scales, zeroPoints: zeros, axis: c.depthwise ? 3 : 0 });
    const bias = c.bias
      ? b.tensor({
          shape: [outputs],
          type: "int32",
          data: biases,
          scales: scales.map((s) => s * x.scale),
          zeroPoints: zeros,
        })
      : -1;
    const common: Fields = { 0: ["int8", c.same ? 0 : 1], 1: ["int32", c.stride[1]!], 2: ["int32", c.stride[0]!] };
    const options: Fields = c.depthwise
      ? {
          ...common,
          3: ["int32", c.multiple],
          4: ["int8", c.activation],
          5: ["int32", c.dilation[1]!],
          6: ["int32", c.dilation[0]!],
        }
      : { ...common, 3: ["int8", c.activation], 4: ["int32", c.dilation[1]!], 5: ["int32", c.dilation[0]!] };
    const operator = c.depthwise ? "DEPTHWISE_CONV_2D" : "CONV_2D";
    b.output(
      b.operator(
        operator,
        [input, w, bias],
        b.activation([1, rows, columns, outputs], y.scale, y.zeroPoint, c.type),
        options,
      ),
    );
    const { integerGraph } = compile(b.bytes());
    const codes = random.codes(height * width * channels, { lo: limits[c.type][0], hi: limits[c.type][1] });

    const [lo, hi] = bounds(c.activation, y.scale, y.zeroPoint, c.type);
    const expected: number[] = [];
    for (let oy = 0; oy < rows; oy++)
      for (let ox = 0; ox < columns; ox++)
        for (let o = 0; o < outputs; o++) {
          let acc = c.bias ? biases[o]! : 0;
          for (let ky = 0; ky < kh; ky++)
            for (let kx = 0; kx < kw; kx++) {
              const iy = oy * c.stride[0]! + ky * c.dilation[0]! - top - c.pad[0]!;
              const ix = ox * c.stride[1]! + kx * c.dilation[1]! - left - c.pad[1]!;
              if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
              for (let i = 0; i < c.perGroup; i++) {
                const group = Math.floor(o / c.multiple);
                const code = codes[(iy * width + ix) * channels + group * c.perGroup + i]! - x.zeroPoint;
                acc +=
                  code *
                  weights[c.depthwise ? (ky * kw + kx) * outputs + o : ((o * kh + ky) * kw + kx) * c.perGroup + i]!;
              }
            }
          const real = (x.scale * scales[c.perChannel ? o : 0]!) / y.scale;
          expected.push(clamp(multiply(acc, multiplierOf(real)) + y.zeroPoint, lo, hi));
        }
    expect(Array.from(outputsOf(integerGraph, [codes])[0]!)).toEqual(expected);
  });
});
