/** Every kind of stage between streams of many widths: two inputs fork to all, and each stage has an output of its own. */
import { type IntegerTensor, type IntegerType, typeRange } from "../../compiler/ir/index.js";
import type { Design } from "./bench.js";
import { GraphBuilder, Random, type Rounding } from "./graphs.js";
import * as layers from "./layers.js";

const widths = [1, 2, 3, 4, 5, 7, 8, 9, 12, 16];

/** Each width twice: signed and unsigned. */
const types: IntegerType[] = [
  ...widths.map((bits, i) => ({ bits, signed: i % 2 === 0 })),
  ...widths.map((bits, i) => ({ bits, signed: i % 2 === 1 })),
];

/** The thresholds form keeps a tree of all codes. */
const rules = (type: IntegerType): Rounding[] =>
  type.bits <= 9 ? ["up", "double", "even", "curve"] : ["up", "double", "even"];

type Kind = (
  b: GraphBuilder,
  r: Random,
  x: IntegerTensor,
  other: IntegerTensor,
  type: IntegerType,
  rule: Rounding,
) => IntegerTensor | undefined;

const narrowSecond = (x: IntegerTensor, other: IntegerTensor) =>
  x.type.bits >= other.type.bits ? ([x, other] as const) : ([other, x] as const);

const kinds: Kind[] = [
  (b, r, x, _, type, rule) =>
    layers.addConv2d(b, r, x, { out: 3, kernel: [3, 2], pads: [1, 0, 1, 1], strides: [1, 2], type, rule }),
  (b, r, x, _, type, rule) => layers.addConv2d(b, r, x, { out: 2, kernel: [2, 2], groups: 2, type, rule }),
  (b, r, x, _, type, rule) => layers.addDense(b, r, x, 4, { type, rule, weights: { lo: -700, hi: 600 } }),
  (b, r, x, _, type) => layers.addDense(b, r, x, 3, { type, weights: { lo: -2, hi: 1 } }),
  (b, _r, x) => layers.addMaxPool(b, x, { kernel: [2, 3], pads: [0, 1, 1, 1] }),
  (b, _r, x) => layers.addMaxPool(b, x, { kernel: [2, 2], pads: [1, 0, 0, 1], least: true }),
  (b, r, x, _, type) => layers.addAveragePool(b, r, x, { kernel: [3, 3], pads: [1, 1, 1, 1], type, rule: "up" }),
  (b, r, x, _, type, rule) =>
    layers.addAveragePool(b, r, x, { kernel: [4, 3], type, rule: type.bits <= 9 ? rule : "up" }),
  (b, r, x) =>
    b.node(
      "pad",
      [x],
      [1, 5, 4, 3],
      { pads: [0, 1, 0, 0, 0, 0, 1, 1], code: r.codes(1, typeRange(x.type))[0] },
      x.type,
    ),
  (b, r, x) => {
    const code = r.codes(1, typeRange(x.type))[0];
    return b.node("interior-pad2d", [x], [1, 8, 6, 2], { strides: [2, 2], after: [1, 1], code }, x.type);
  },
  (b, r, x) =>
    b.node("arg-max", [x], [1, 4, 3], { least: r.next() < 0.5, last: r.next() < 0.5 }, { bits: 32, signed: true }),
  (b, _r, x) => layers.addTranspose(b, x, [0, 3, 2, 1]),
  (b, _r, x) => b.node("concat", [x, layers.addTranspose(b, x, [0, 2, 1, 3])], [1, 4, 3, 4], { axis: 3 }, x.type),
  (b, r, x, _, type) => layers.addTable(b, r, x, undefined, type),
  (b, r, x, _, type, rule) => layers.addSteps(b, r, x, type, rule),
  (b, r, x, _, type) => layers.addChannelTable(b, r, x, type),
  (b, r, x, other, type) => layers.addExtremum(b, r, x, other, type),
  (b, r, x, other, type) => layers.addExtremum(b, r, x, layers.addMaxPool(b, other, { kernel: [4, 3] }), type),
  (b, r, x, other, type) => layers.addMul(b, r, x, other, type),
  (b, r, x, _, type) => layers.addMul(b, r, x, layers.addDense(b, r, x, 1, { type }), type),
  (b, r, x, other, type) =>
    layers.addMatMul(b, r, layers.addReshape(b, x, [4, 6]), layers.addReshape(b, other, [6, 4]), type),
  (b, r, x, other, type, rule) => layers.addWeights(b, r, x, other, type, rule),
  (b, r, x, other, type) => layers.addAdd(b, r, ...narrowSecond(x, other), "linear", type),
  (b, r, x, other, type) => layers.addAdd(b, r, ...narrowSecond(x, other), "tables", type),
  (b, _r, x, _, type) => (x.type.bits > 8 ? undefined : layers.addSoftmax(b, x, "even", type)),
];

/** One design per width; every kind meets every width once as its input and half of the types as its output. */
export const widthDesigns: Design[] = widths.map((_, i) => {
  const b = new GraphBuilder();
  const r = new Random(500 + i);
  const inputs = [types[i]!, types[10 + ((i + 5) % 10)]!].map((type) => b.tensor([1, 4, 3, 2], type));
  const outputs = kinds.flatMap((build, k) => {
    const [x, other] = k % 2 === 0 ? inputs : [...inputs].reverse();
    const type = types[(7 * i + 3 * k + 1) % types.length]!;
    const rule = rules(type)[(i + k) % rules(type).length]!;
    return build(b, r, x!, other!, type, rule) ?? [];
  });
  const title = inputs.map(({ type }) => `${type.signed ? "int" : "uint"}${type.bits}`).join(" and ");
  return { title, graph: b.graph(title, inputs, outputs) };
});
