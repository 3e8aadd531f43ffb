/** Softmax along any axis, and over several axes before opset 13: against doubles and ONNX Runtime, in every engine. */
import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, coordinates, describeCases } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
const to: Affine = { scale: 1 / 256, zeroPoint: -128 };

function softmax(dims: readonly number[], axis: number, opset = 13): Case {
  const b = new ModelBuilder();
  b.opset = opset;
  const x = b.dequantize(b.input(dims, "int8"), q);
  const model = b.output(b.quantize(b.node("Softmax", [x], { axis }), to));
  const places = coordinates(dims);
  const together = (a: readonly number[], c: readonly number[]) =>
    a.every((at, own) => at === c[own] || (opset < 13 ? own >= axis : own === axis));
  return {
    title: `Softmax of [${dims}] along ${axis}, opset ${opset}`,
    model,
    shapes: [dims],
    plain: (codes) => {
      const powers = codes.map((each) => Math.exp(real(each, q)));
      const sums = places.map((at) =>
        powers.reduce((sum, power, k) => (together(at, places[k]!) ? sum + power : sum), 0),
      );
      return [powers.map((power, k) => code(power / sums[k]!, to))];
    },
  };
}

const cases = [
  softmax([1, 3, 4, 5], 1),
  softmax([1, 3, 4, 5], 2),
  softmax([4, 6], 0),
  softmax([1, 3, 4, 2], 1, 11),
  softmax([2, 3, 4], 2, 11),
];

describeCases(cases);
describeWitnessed(cases);

it("the classes of a segmentation stay where a convolution left them", () => {
  const b = new ModelBuilder();
  const x = b.qdq(b.input([1, 3, 4, 4]), q);
  const scores = b.qdq(b.node("Conv", [x, b.weights([5, 3, 1, 1])]), q);
  const { integerGraph } = compile(b.output(b.quantize(b.node("Softmax", [scores], { axis: 1 }), to)).bytes());
  expect(integerGraph.nodes.map(({ op }) => op)).toEqual(["transpose", "conv2d", "softmax", "transpose"]);
});
