/** Functions with constants along several axes, wide products, and packed weights: against plain doubles and ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases, element, tensor } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const input: Affine = { scale: 0.0471, zeroPoint: 11 };
const output: Affine = { scale: 0.0719, zeroPoint: -3 };

type Function = (x: number, constants: readonly number[]) => number;

/** A function of x with seeded float constants of these shapes. */
function withConstants(
  title: string,
  dims: readonly number[],
  shapes: readonly (readonly number[])[],
  build: (b: ModelBuilder, x: string, constants: readonly string[]) => string,
  f: Function,
): Case {
  const b = new ModelBuilder(title.length);
  const values = shapes.map((shape) => tensor(shape, () => Math.fround(b.random.integer(-2000, 2000) * 0.00107)));
  const names = shapes.map((shape, i) => b.constant(`k${i}`, "float", shape, values[i]!));
  const model = b.output(b.quantize(build(b, b.dequantize(b.input(dims, "int8"), input), names), output));
  const constantsAt = (at: readonly number[]) =>
    shapes.map((shape, i) => {
      const own = at.slice(at.length - shape.length).map((k, axis) => (shape[axis] === 1 ? 0 : k));
      return element(values[i]!, shape, own);
    });
  const plain = (codes: readonly number[]) => [
    tensor(dims, (at) => code(f(real(element(codes, dims, at), input), constantsAt(at)), output)),
  ];
  return { title, model, shapes: [dims], plain };
}

const image = [1, 3, 4, 5];
const cases: Case[] = [
  withConstants(
    "a number per element added to an image",
    image,
    [image],
    (b, x, [k]) => b.node("Add", [x, k!]),
    (x, [k]) => x + k!,
  ),
  withConstants(
    "factors of both signs along two axes, then a summand along the third",
    image,
    [
      [4, 5],
      [3, 1, 1],
    ],
    (b, x, [k, c]) => b.node("Sub", [b.node("Mul", [x, k!]), c!]),
    (x, [k, c]) => x * k! - c!,
  ),
  withConstants(
    "a function of the elements and a slope for each",
    [4, 6],
    [
      [4, 6],
      [4, 6],
    ],
    (b, x, [k, c]) => b.node("Max", [b.node("Add", [b.node("Tanh", [x]), k!]), c!]),
    (x, [k, c]) => Math.max(Math.tanh(x) + k!, c!),
  ),
];
describeCases(cases);
describeWitnessed(cases);

describe("every element is a channel", () => {
  it("of a depthwise convolution", () => {
    const { nodes } = compile(cases[0]!.model.bytes()).integerGraph;
    expect(nodes.map(({ op }) => op)).toContain("conv2d");
  });
  it("unless the value has channels of another kind already", () => {
    const b = new ModelBuilder();
    const x = b.dequantize(b.input([1, 3, 2, 2], "int8"), input);
    const channel = b.node("Mul", [x, b.constant("k", "float", [3, 1, 1], [0.1, 0.2, 0.3])]);
    const sum = b.node("Add", [channel, b.constant("c", "float", [2, 2], [0.1, 0.2, 0.3, 0.4])]);
    b.output(b.quantize(sum, output));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*constants along several axes/);
  });
  it("and not for integers, whose sums do not round", () => {
    const b = new ModelBuilder();
    b.output(b.node("Add", [b.input([2, 3], "uint16"), b.constant("c", "uint16", [2, 3], [1, 2, 3, 4, 5, 6])]));
    expect(() => compile(b.bytes())).toThrow(/QC2002.*integers with constants along several axes/);
  });
});

describe("products of sums that have a unit", () => {
  it("are exact beside another tensor: MatMulInteger of two activations times a third", () => {
    const b = new ModelBuilder();
    const sums = b.node("MatMulInteger", [b.input([2, 2], "int8", "x"), b.input([2, 2], "int8", "y")]);
    const z = b.dequantize(b.input([2, 2], "int8", "z"), { scale: 0.5, zeroPoint: 0 });
    b.output(b.node("Mul", [z, b.node("Cast", [sums], { to: 1 })]));
    const { graph, integerGraph } = compile(b.bytes());
    const [x, y, w] = [Int32Array.of(1, -128, 3, 4), Int32Array.of(-128, 6, -128, 8), Int32Array.of(-128, 2, 3, 127)];
    expect(graph.outputs[0]!.quantization.scales).toEqual([0.5]);
    expect(Array.from(outputsOf(integerGraph, [x, y, w])[0]!)).toEqual(
      [-128 + 16384, 6 - 1024, -384 - 512, 18 + 32].map((sum, i) => sum * w[i]!),
    );
  });
  it("are refused where they may leave int32", () => {
    const b = new ModelBuilder();
    const sums = () =>
      b.node("MatMulInteger", [
        b.input([8, 9], "int8", `x${b.inputs.length}`),
        b.input([9, 8], "int8", `y${b.inputs.length}`),
      ]);
    b.output(b.node("Mul", [sums(), sums()]));
    expect(() => compile(b.bytes())).toThrow(/QC3001/);
  });
});

describe("MatMulNBits", () => {
  /** Weights [outputs][inputs] of 4 bits less 8, or less the zero points, in blocks of 16, by the specification's packing. */
  function packed(scales: readonly number[], zeroPoints?: readonly number[], negative = 1) {
    const [inputs, outputs, size] = [20, 3, 16];
    const b = new ModelBuilder(3);
    const codes = Array.from({ length: outputs * 2 * size }, () => b.random.integer(0, 15));
    const bytes = Array.from({ length: codes.length / 2 }, (_, i) => codes[2 * i]! + 16 * codes[2 * i + 1]!);
    const x = b.dequantize(b.input([2, inputs], "int8"), { scale: 0.25, zeroPoint: 3 });
    const zeroBytes = zeroPoints && [0, 1, 2].map((o) => zeroPoints[2 * o]! + 16 * zeroPoints[2 * o + 1]!);
    const given = [
      x,
      b.constant("w", "uint8", [outputs, 2, size / 2], bytes),
      b.constant(
        "s",
        "float",
        [outputs * 2],
        scales.map((scale) => scale * negative),
      ),
      ...(zeroBytes ? [b.constant("z", "uint8", [outputs], zeroBytes)] : []),
    ];
    const attributes = { K: inputs, N: outputs, bits: 4, block_size: size };
    const product = b.node("MatMulNBits", given, attributes, { domain: "com.microsoft" });
    const model = b.output(b.quantize(product, { scale: 0.9, zeroPoint: 1 }));
    const plain = (q: readonly number[]) =>
      tensor([2, outputs], ([row, o]) => {
        const terms = Array.from({ length: inputs }, (_, i) => {
          const block = 2 * o! + Math.floor(i / size);
          const weight = codes[32 * o! + i]! - (zeroPoints?.[block] ?? 8);
          return 0.25 * (q[row! * inputs + i]! - 3) * weight * Math.fround(scales[block]!) * negative;
        });
        return code(
          terms.reduce((a, c) => a + c, 0),
          { scale: 0.9, zeroPoint: 1 },
        );
      });
    return { model, plain };
  }
  const bytesOf = (model: ModelBuilder) =>
    model.bytes((proto) => proto.opsetImport.push({ domain: "com.microsoft", version: 1 }));
  const scales = [0.013, 0.026, 0.05, 0.05, 0.0007, 0.0021].map(Math.fround);
  scales[1] = 2 * scales[0]!;
  scales[5] = 3 * scales[4]!;
  it.each([
    ["the middle as zero point", undefined, 1],
    ["zero points", [3, 8, 0, 15, 7, 9], 1],
    ["negative scales", undefined, -1],
  ] as const)("%s", (_, zeroPoints, negative) => {
    const { model, plain } = packed(scales, zeroPoints, negative);
    const codes = Int32Array.from({ length: 40 }, (_, k) => ((k * 37) % 256) - 128);
    const got = outputsOf(compile(bytesOf(model)).integerGraph, [codes])[0]!;
    expect(Array.from(got)).toEqual(plain(Array.from(codes)));
  });
  it("is refused where an output's blocks have no unit", () => {
    const { model } = packed([0.013, 0.0267, 0.05, 0.05, 0.1, 0.1]);
    expect(() => compile(bytesOf(model))).toThrow(/QC2002.*scales of an output's blocks are no small multiples/);
  });
  it("is refused with float activations", () => {
    const { model } = packed(scales);
    const bytes = model.bytes((proto) => {
      proto.opsetImport.push({ domain: "com.microsoft", version: 1 });
      proto.graph.input[0].type.tensorType.elemType = 1;
      proto.graph.node.find((node: { opType: string }) => node.opType === "MatMulNBits").input[0] = "x";
    });
    expect(() => compile(bytes)).toThrow(/QC2002.*MatMulNBits: input 0 \('x'\) is a float graph input/);
  });
});

describe("inputs that hold fewer bits than their type", () => {
  const model = () => {
    const b = new ModelBuilder();
    b.output(b.node("MatMul", [b.input([2, 3], "int32", "a"), b.input([3, 2], "int64", "b")]));
    return b.bytes();
  };
  const integers = (bits: number) => ({ type: { bits, signed: true }, quantization: { scales: [1], zeroPoints: [0] } });
  it("are narrowed by --input-type", () => {
    const inputs = new Map([
      ["a", integers(8)],
      ["b", integers(12)],
    ]);
    const { integerGraph } = compile(model(), { inputs });
    expect(integerGraph.inputs.map(({ type }) => type.bits)).toEqual([8, 12]);
    const got = outputsOf(integerGraph, [Int32Array.of(1, 2, 3, 4, 5, 6), Int32Array.of(7, 8, 9, 10, 11, 12)]);
    expect(Array.from(got[0]!)).toEqual([58, 64, 139, 154]);
  });
  it("have no scale", () => {
    const scaled = { ...integers(8), quantization: { scales: [0.5], zeroPoints: [0] } };
    expect(() => compile(model(), { inputs: new Map([["a", scaled]]) })).toThrow(/QC6001.*holds integers/);
  });
});
