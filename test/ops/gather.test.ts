/** Positions that follow no strided order ("gather"), by Gather and nearest Resize: against their definition and ONNX Runtime, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases, element, intervals, tensor } from "./engines.js";
import { describeWitnessed } from "./witnessed.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
const image = [1, 4, 5, 6];

function gathered(dims: readonly number[], axis: number, indices: readonly number[], shape = [indices.length]): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input(dims, "int8"), q);
  const list = b.constant("ints", "int64", shape, indices);
  const own = indices.map((at) => (at < 0 ? at + dims[axis]! : at));
  const result = dims.map((dim, i) => (i === axis ? own.length : dim));
  return {
    title: `Gather of [${dims}] along ${axis} at [${indices}]`,
    model: b.output(b.quantize(b.node("Gather", [x, list], { axis }), q)),
    shapes: [[...dims.slice(0, axis), ...shape, ...dims.slice(axis + 1)]],
    plain: (codes) => [
      tensor(result, (at) =>
        element(
          codes,
          dims,
          at.map((place, i) => (i === axis ? own[place]! : place)),
        ),
      ),
    ],
  };
}

function resized(attributes: Record<string, Attribute>, ...scales: number[]): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input(image, "int8"), q);
  const inputs = [x, "", b.constant("scales", "float", [4], scales)];
  return {
    title: `Resize by ${scales}, ${Object.values(attributes).join(" ")}`,
    model: b.output(b.quantize(b.node("Resize", inputs, attributes), q)),
  };
}

/** Between two convolutions, so that the axes are stored in another order. */
function between(): Case {
  const b = new ModelBuilder(8);
  const conv = (x: string, inputs: number, outputs: number) =>
    b.qdq(b.node("Conv", [x, b.weights([outputs, inputs, 1, 1])]), q);
  const first = conv(b.qdq(b.input(image), q), 4, 6);
  const rows = b.node("Gather", [first, b.constant("ints", "int64", [4], [0, 3, 1, 1])], { axis: 2 });
  const channels = b.node("Gather", [rows, b.constant("ints", "int64", [3], [5, 0, 2])], { axis: 1 });
  return { title: "between two convolutions", model: b.output(conv(channels, 3, 2)) };
}

const gathers = [
  gathered(image, 1, [0, 1, 3]),
  gathered(image, 2, [4, 0, 0, 1, -1, 2]),
  gathered(image, 3, [5, 1, 2, 0, 3, 3], [2, 3]),
  gathered([7], 0, [6, 0, 0, 3]),
  gathered([3, 1], 0, [2, 0, 0]),
];
const resizes = [
  resized({ nearest_mode: "floor" }, 1, 1, 2, 2),
  resized({ coordinate_transformation_mode: "half_pixel" }, 1, 1, 1.5, 0.75),
  resized({ coordinate_transformation_mode: "align_corners", nearest_mode: "ceil" }, 1, 1, 1.6, 1.5),
];

describeCases([...gathers, ...resizes, between()]);
describeWitnessed([...gathers, ...resizes]);

describe("gathers", () => {
  it("follow the order in which a convolution stores its result", () => {
    const { integerGraph } = compile(between().model.bytes());
    expect(integerGraph.nodes.map(({ op }) => op)).toEqual([
      "transpose",
      "conv2d",
      "gather",
      "gather",
      "conv2d",
      "transpose",
    ]);
  });

  it("take the cycles they say", async () => {
    const { predicted, simulated } = await intervals(gathers[0]!.model);
    expect(simulated).toBe(predicted);
  }, 240_000);
});
