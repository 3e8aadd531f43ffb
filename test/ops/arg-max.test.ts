/** Positions of extreme codes ("ArgMax", "ArgMin", "TopK" as "arg-max"): against their definition and ONNX Runtime, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, coordinates, describeCases, element } from "./engines.js";
import { describeWitnessed } from "./witnessed.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
/** So coarse that codes repeat. */
const coarse: Affine = { scale: 2, zeroPoint: 100, type: "uint8" };

/** The position of the extreme element along an axis, one output element at a time. */
function positions(dims: readonly number[], axis: number, codes: readonly number[], least: boolean, last: boolean) {
  return coordinates(dims.map((dim, own) => (own === axis ? 1 : dim))).map((at) => {
    const along = Array.from({ length: dims[axis]! }, (_, i) =>
      element(
        codes,
        dims,
        at.map((place, own) => (own === axis ? i : place)),
      ),
    );
    const extreme = least ? Math.min(...along) : Math.max(...along);
    return last ? along.lastIndexOf(extreme) : along.indexOf(extreme);
  });
}

/** Input codes as codes of `coarse`; no value is near a tie. */
const coarsened = (codes: readonly number[]) =>
  codes.map((each) => Math.round((Math.fround(q.scale) * (each - q.zeroPoint)) / 2) + 100);

function found(type: "ArgMax" | "ArgMin", dims: number[], axis: number, keepdims = 1, select_last_index = 0): Case {
  const b = new ModelBuilder();
  const x = b.qdq(b.dequantize(b.input(dims, "int8"), q), coarse);
  const model = b.output(b.node(type, [x], { axis, keepdims, select_last_index }));
  const own = (axis + dims.length) % dims.length;
  return {
    title: `${type} of [${dims}] along ${axis}${keepdims ? "" : ", axis dropped"}${select_last_index ? ", the last" : ""}`,
    model,
    shapes: [dims.flatMap((dim, i) => (i === own ? (keepdims ? [1] : []) : [dim]))],
    plain: (codes) => [positions(dims, own, coarsened(codes), type === "ArgMin", select_last_index === 1)],
  };
}

function top(dims: number[], axis: number, largest: number): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input(dims, "int8"), q);
  const k = b.constant("k", "int64", [1], [1]);
  b.node("TopK", [x, k], { axis, largest }, { outputs: ["values", "indices"] });
  const shape = dims.map((dim, own) => (own === axis ? 1 : dim));
  return {
    title: `TopK of [${dims}] along ${axis}, ${largest ? "largest" : "smallest"}`,
    model: b.output("values", "indices"),
    shapes: [shape, shape],
    plain: (codes) => {
      const at = positions(dims, axis, codes, largest === 0, false);
      const values = coordinates(shape).map((place, i) =>
        element(
          codes,
          dims,
          place.map((p, own) => (own === axis ? at[i]! : p)),
        ),
      );
      return [values, at];
    },
  };
}

const image = [1, 3, 4, 5];
const indices = [
  found("ArgMax", [1, 10], 1, 0),
  found("ArgMax", image, 1),
  found("ArgMax", image, 2, 0, 1),
  found("ArgMax", image, -1, 1, 1),
  found("ArgMin", image, 1, 0),
  found("ArgMin", [6, 1], 1),
  found("ArgMin", [7], 0, 0, 1),
];

describeCases([...indices, top(image, 1, 1), top([1, 9], 1, 0)]);
describeWitnessed(indices);

describe("the classes of a segmentation", () => {
  it("are found where a convolution left its channels", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 3, 4, 4]), q);
    const scores = b.qdq(b.node("Conv", [x, b.weights([5, 3, 1, 1])]), q);
    const { integerGraph } = compile(b.output(b.node("ArgMax", [scores], { axis: 1 })).bytes());
    expect(integerGraph.nodes.map(({ op }) => op)).toEqual(["transpose", "conv2d", "arg-max", "reshape"]);
    expect(integerGraph.outputs[0]).toMatchObject({ type: { bits: 32, signed: true }, ranges: [{ lo: 0, hi: 4 }] });
  });
});

describe("refusals", () => {
  const refused = (node: (b: ModelBuilder, x: string) => string, message: RegExp) => {
    const b = new ModelBuilder();
    const x = b.dequantize(b.input(image, "int8"), q);
    expect(() => compile(b.output(node(b, x)).bytes())).toThrow(message);
  };
  it("name what does not fit", () => {
    refused((b, x) => b.node("ArgMax", [x], { axis: 4 }), /axis 4 of an input of shape \[1,3,4,5\]/);
    refused((b, x) => b.node("TopK", [x, b.constant("k", "int64", [1], [2])]), /k 2; only the one largest/);
    refused(
      (b, x) => b.node("ArgMax", [b.node("Sigmoid", [x])], { axis: 1 }),
      /expected the output of DequantizeLinear/,
    );
  });
});
