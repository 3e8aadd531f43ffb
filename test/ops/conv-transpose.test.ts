/** Transposed convolutions ("ConvTranspose") as convolutions behind "interior-pad2d": against their scattering definition and ONNX Runtime, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { elementCount } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import { loweringOf } from "../../targets/verilog/lowerings.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, coordinates, describeCases } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
const to: Affine = { scale: 0.231, zeroPoint: -7 };

interface Spec {
  readonly title: string;
  /** [1, C, ..]. */
  readonly dims: readonly number[];
  /** [C, M / group, ..]. */
  readonly filters: readonly number[];
  readonly attributes?: Record<string, Attribute>;
  readonly scales?: readonly number[];
  readonly axis?: number;
  readonly biased?: boolean;
  /** What is cut off in front of each spatial axis, and the sizes left: for the plain definition. */
  readonly front?: readonly number[];
  readonly left?: readonly number[];
}

/** Every element of x adds itself times every tap, `stride` apart: the definition, on the weights as ONNX stores them. */
function scattered(spec: Spec, b: ModelBuilder, codes: readonly number[]): number[] {
  const { dims, filters, attributes = {}, scales = [0.01], axis = 0, front, left } = spec;
  const numbers = (name: string) => (attributes[name] as number[] | undefined) ?? dims.slice(2).map(() => 1);
  const [strides, dilations] = [numbers("strides"), numbers("dilations")];
  const groups = (attributes.group as number | undefined) ?? 1;
  const [channels, perGroup] = [dims[1]!, filters[1]!];
  const weights = b.constants.get("w")!.values;
  const shape = [1, perGroup * groups, ...left!];
  const sums = new Array<number>(shape.reduce((a, c) => a * c)).fill(0);
  const flat = (sizes: readonly number[], at: readonly number[]) => at.reduce((k, i, n) => k * sizes[n]! + i, 0);
  for (const at of coordinates(dims))
    for (const tap of coordinates(filters)) {
      if (tap[0] !== at[1]) continue;
      const place = left!.map((_, n) => at[n + 2]! * strides[n]! + tap[n + 2]! * dilations[n]! - front![n]!);
      if (place.some((p, n) => p < 0 || p >= left![n]!)) continue;
      const o = Math.floor((at[1]! * groups) / channels) * perGroup + tap[1]!;
      const scale = Math.fround(scales.length === 1 ? scales[0]! : scales[tap[axis]!]!);
      sums[flat(shape, [0, o, ...place])]! += real(codes[flat(dims, at)]!, q) * scale * weights[flat(filters, tap)]!;
    }
  return sums.map((sum) => code(sum, to));
}

function transposed(spec: Spec): Case {
  const b = new ModelBuilder(31);
  const { title, dims, filters, attributes = {}, scales, axis, biased, left } = spec;
  const x = b.dequantize(b.input(dims, "int8"), q);
  const weights = b.weights(filters, scales, axis);
  const outputs = filters[1]! * ((attributes.group as number | undefined) ?? 1);
  const inputs = biased ? [x, weights, b.bias(outputs)] : [x, weights];
  const model = b.output(b.quantize(b.node("ConvTranspose", inputs, attributes), to));
  if (!left) return { title, model };
  return { title, model, shapes: [[1, outputs, ...left]], plain: (codes) => [scattered(spec, b, codes)] };
}

const image = [1, 3, 4, 5];
const specs: Spec[] = [
  { title: "nothing given", dims: image, filters: [3, 2, 3, 3], front: [0, 0], left: [6, 7] },
  {
    title: "strides, pads and output_padding",
    dims: image,
    filters: [3, 2, 3, 2],
    attributes: { strides: [2, 3], pads: [1, 0, 1, 1], output_padding: [1, 2] },
    front: [1, 0],
    left: [8, 15],
  },
  {
    title: "two groups, scales by output",
    dims: [1, 4, 3, 3],
    filters: [4, 3, 2, 2],
    attributes: { strides: [2, 2], group: 2 },
    scales: [0.01, 0.02, 0.03],
    axis: 1,
    front: [0, 0],
    left: [6, 6],
  },
  {
    title: "depthwise, scales by channel",
    dims: [1, 3, 4, 3],
    filters: [3, 1, 3, 3],
    attributes: { strides: [2, 2], group: 3, pads: [1, 1, 1, 1] },
    scales: [0.01, 0.02, 0.03],
    axis: 0,
    front: [1, 1],
    left: [7, 5],
  },
  {
    title: "dilations",
    dims: image,
    filters: [3, 2, 2, 2],
    attributes: { dilations: [2, 3], strides: [1, 2] },
    front: [0, 0],
    left: [6, 12],
  },
  {
    title: "pads beyond the kernel's reach",
    dims: image,
    filters: [3, 2, 2, 2],
    attributes: { pads: [2, 0, 0, 3], strides: [2, 2] },
    front: [2, 0],
    left: [6, 7],
  },
  {
    title: "a bias and output_shape",
    dims: image,
    filters: [3, 2, 3, 3],
    attributes: { strides: [3, 2], output_shape: [10, 8], output_padding: [1, 1] },
    biased: true,
  },
  {
    title: "auto_pad SAME_UPPER",
    dims: image,
    filters: [3, 2, 3, 3],
    attributes: { strides: [2, 2], auto_pad: "SAME_UPPER" },
  },
  {
    title: "auto_pad SAME_LOWER",
    dims: image,
    filters: [3, 2, 3, 3],
    attributes: { strides: [2, 2], auto_pad: "SAME_LOWER" },
  },
  {
    title: "a signal",
    dims: [1, 3, 6],
    filters: [3, 4, 4],
    attributes: { strides: [2], pads: [1, 1] },
    front: [1],
    left: [12],
  },
  {
    title: "one pixel",
    dims: [1, 4, 1, 1],
    filters: [4, 2, 3, 3],
    attributes: { strides: [2, 2] },
    front: [0, 0],
    left: [3, 3],
  },
];

/** A float bias that is no multiple of the products' unit. */
function floatBias(): Case {
  const b = new ModelBuilder(31);
  const x = b.dequantize(b.input(image, "int8"), q);
  const inputs = [x, b.weights([3, 2, 2, 2]), b.constant("bias", "float", [2], [0.7, -1.3])];
  const y = b.node("ConvTranspose", inputs, { strides: [2, 2] });
  return { title: "a float bias", model: b.output(b.quantize(y, to)) };
}
const cases = [...specs.map(transposed), floatBias()];

describeCases(cases);
describeWitnessed(cases);

describe("zeros between pixels", () => {
  const { integerGraph } = compile(cases[1]!.model.bytes());
  const node = integerGraph.nodes.find(({ op }) => op === "interior-pad2d")!;

  it("are as many as strides and output_padding say, and nothing else moves in front of the convolution", () => {
    expect(node.output.shape).toEqual([1, 8, 15, 3]);
    expect(integerGraph.nodes.map(({ op }) => op)).toEqual(["transpose", "interior-pad2d", "conv2d", "transpose"]);
  });

  it("tell the FIFO planner how many elements every output element needs", () => {
    const stage = loweringOf(node).stage(node, { folding: { pe: 1, simd: 1 } })!;
    const marked = Int32Array.from({ length: elementCount(node.inputs[0]!.shape) }, (_, k) => k + 1);
    let needed = 0;
    for (const [k, from] of opHomes
      .get(node.op)!
      .evaluate({ ...node, attributes: { ...(node.attributes as object), code: 0 } }, [marked])
      .entries()) {
      needed = Math.max(needed, from);
      expect(stage.needs(k, 0)).toBe(needed);
    }
  });
});

describe("refusals", () => {
  const refused = (spec: Omit<Spec, "title">, message: RegExp) =>
    expect(() => compile(transposed({ title: "", ...spec }).model.bytes())).toThrow(message);
  it("name what does not fit", () => {
    refused({ dims: [1, 3, 2, 2, 2], filters: [3, 2, 2, 2, 2] }, /expected \[1, C, H, W\] or \[1, C, L\]/);
    refused({ dims: image, filters: [2, 2, 2, 2] }, /weights \[2,2,2,2\] with group 1 do not fit/);
    refused(
      { dims: image, filters: [3, 2, 2, 2], attributes: { output_shape: [99, 5] } },
      /an output of size 99; expected 1 to 5/,
    );
    refused({ dims: image, filters: [3, 2, 2, 2], attributes: { output_padding: [1] } }, /output_padding \[1\]/);
    refused({ dims: image, filters: [3, 2, 2, 2], attributes: { auto_pad: "SAME" } }, /auto_pad SAME is unknown/);
    refused(
      { dims: image, filters: [3, 2, 2, 2], attributes: { kernel_shape: [3, 3] } },
      /kernel_shape \[3,3\] differs/,
    );
    refused({ dims: image, filters: [3, 2, 2, 2], attributes: { pads: [3, 0, 3, 0] } }, /leave a result of -1 x 6/);
    refused({ dims: image, filters: [3, 2, 2, 2], scales: [1, 2, 3], axis: 0 }, /along axis 0; expected axis 1/);
  });
});
