/** Networks with several inputs and outputs, and layers whose results are wide. */
import { identityStaircase } from "../../compiler/arith/index.js";
import { type IntegerTensor, type IntegerType, int32, type Range, typeRange } from "../../compiler/ir/index.js";
import type { DenseAttributes } from "../../compiler/ops/dense/dense.types.js";
import { weightArray } from "../../compiler/ops/weights.js";
import type { Design } from "./bench.js";
import { GraphBuilder, Random } from "./graphs.js";
import * as layers from "./layers.js";

const int2: IntegerType = { bits: 2, signed: true };
const int12: IntegerType = { bits: 12, signed: true };
const int16: IntegerType = { bits: 16, signed: true };
const uint3: IntegerType = { bits: 3, signed: false };

/** A dense layer whose accumulators are its results. */
export function addProduct(
  b: GraphBuilder,
  r: Random,
  x: IntegerTensor,
  outputs: number,
  weights: Range,
): IntegerTensor {
  const inputs = x.shape.at(-1)!;
  const codes = typeRange(x.type);
  const attributes: DenseAttributes = {
    inputZeroPoint: 0,
    weights: weightArray(r.codes(outputs * inputs, weights)),
    bias: r.codes(outputs, { lo: -100, hi: 100 }),
    requantize: { channels: [], zeroPoint: 0, clamp: typeRange(int32) },
  };
  const channels = Array.from(attributes.bias, (bias, o) => {
    const row = Array.from(attributes.weights.subarray(o * inputs, (o + 1) * inputs));
    const ends = row.map((w) => [w * codes.lo, w * codes.hi]);
    const sum = (pick: (...values: number[]) => number) => ends.reduce((total, pair) => total + pick(...pair), bias);
    return identityStaircase({ lo: sum(Math.min), hi: sum(Math.max) });
  });
  const shape = [...x.shape.slice(0, -1), outputs];
  return b.node("dense", [x], shape, { ...attributes, requantize: { ...attributes.requantize, channels } }, int32);
}

type Build = (b: GraphBuilder, r: Random) => { inputs: readonly IntegerTensor[]; outputs: readonly IntegerTensor[] };

function network(title: string, build: Build): Design {
  const b = new GraphBuilder();
  const { inputs, outputs } = build(b, new Random(title.length));
  return { title, graph: b.graph(title, inputs, outputs) };
}

export const networks: Design[] = [
  network("an input that is an output, a result given twice, an input that nothing reads", (b, r) => {
    const x = b.tensor([1, 6], int12);
    const y = b.tensor([1, 5], uint3);
    const z = addProduct(b, r, x, 3, { lo: -2000, hi: 2000 });
    return { inputs: [x, y, b.tensor([1, 4])], outputs: [z, x, z, y] };
  }),
  network("two inputs joined in both orders", (b) => {
    const [x, y] = [b.tensor([1, 40], int12), b.tensor([1, 30], int12)];
    const join = (...parts: IntegerTensor[]) => b.node("concat", parts, [1, 70], { axis: 1 }, int12);
    return { inputs: [x, y], outputs: [join(x, y), join(y, x)] };
  }),
  network("a window over one input added to the other one, which is an output as well", (b, r) => {
    const [x, y] = [b.tensor([1, 6, 5, 2]), b.tensor([1, 6, 5, 2])];
    const z = layers.addConv2d(b, r, x, { out: 2, kernel: [3, 3], pads: [1, 1, 1, 1] });
    const sum = layers.addAdd(b, r, z, y, "linear");
    return { inputs: [x, y], outputs: [sum, layers.addTable(b, r, y), layers.addAdd(b, r, sum, x, "tables")] };
  }),
  network("a product of 32 bits, whose sum of shifted codes has 33", (b, r) => {
    const x = b.tensor([2, 4], int16);
    const product = addProduct(b, r, x, 3, { lo: 15_000, hi: 16_000 });
    const moved = b.node("pad", [product], [3, 4], { pads: [1, 0, 0, 1], code: -(2 ** 31) }, int32);
    const pooled = layers.addMaxPool(b, layers.addReshape(b, product, [1, 2, 1, 3]), { kernel: [2, 1] });
    return { inputs: [x], outputs: [product, moved, pooled] };
  }),
  network("two bits from weights of 16, by sums of shifted codes of 33", (b, r) => {
    const x = b.tensor([2, 4], int16);
    const spec = { type: int2, inputZeroPoint: 0, weights: { lo: 15_000, hi: 16_000 } };
    return { inputs: [x], outputs: [layers.addDense(b, r, x, 3, spec)] };
  }),
];
