/** Every C kernel against the interpreter's plain loops, on random layers, under AddressSanitizer and UBSan. */
import { describe, expect, it } from "vitest";
import { realise } from "../../compiler/arith/index.js";
import { type IntegerTensor, int8, uint8 } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import { addLinear, addSoftmax, addTable, addTables, addTranspose } from "./elementwise-graphs.js";
import {
  addAveragePool2d,
  addConv2d,
  addDense,
  addMaxPool2d,
  anyType,
  GraphBuilder,
  type Rounding,
  randomWindow,
} from "./graphs.js";
import { Random } from "./random.js";
import { core, differences, inputSets } from "./run.js";

const roundings: Rounding[] = ["plain", "sign", "parity", "thresholds"];
const plainWindow = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;

/** With and without -128, which cannot be carried. */
const weights = (random: Random, index: number) => () => random.integer(index % 2 === 0 ? -128 : -100, 127);

/** A graph of independent layers: each with inputs and an output of its own. */
function cases(count: number, add: (builder: GraphBuilder, index: number) => IntegerTensor) {
  const builder = new GraphBuilder();
  for (let i = 0; i < count; i++) builder.outputs.push(add(builder, i));
  return builder.graph();
}

const graphs = {
  "convolutions with any window, groups and types": (random: Random) =>
    cases(14, (builder, i) => {
      const groups = random.pick([1, 1, 1, 2, 3]);
      const [height, width] = [random.integer(2, 9), random.integer(2, 9)];
      const input = builder.input([1, height, width, groups * random.pick([1, 2, 3, 4, 5, 8])], anyType(random));
      const choice = { outputType: anyType(random), rounding: roundings[i % 4]!, clipped: i % 3 === 0 };
      const window = randomWindow(random, height, width, 4);
      return addConv2d(
        builder,
        random,
        input,
        groups * random.integer(1, 9),
        window,
        groups,
        choice,
        weights(random, i),
      );
    }),
  "convolutions whose carried sums come close to 32 bits": (random: Random) =>
    cases(6, (builder, i) => {
      // 127 * 128 * 512 * 256 is just below 2^31; beyond, weights must not be carried.
      const taps = [512, 516, 516, 520, 1024, 256][i]!;
      const input = builder.input([1, 1, 4, taps], i % 2 === 0 ? int8 : uint8);
      const window = { ...plainWindow, kernel: [1, 1] as const };
      const extreme = (o: number) => (o === 0 ? (i < 3 ? 127 : -127) : random.integer(-1, 1));
      return addConv2d(builder, random, input, 4, window, 1, { outputType: int8, rounding: "plain" }, extreme);
    }),
  "depthwise convolutions": (random: Random) =>
    cases(16, (builder, i) => {
      const [height, width] = [random.integer(3, 9), random.integer(3, 9)];
      const channels = random.integer(2, 13);
      const input = builder.input([1, height, width, channels], anyType(random));
      const choice = { outputType: anyType(random), rounding: roundings[i % 4]!, clipped: i % 5 === 0 };
      return addConv2d(builder, random, input, channels, randomWindow(random, height, width, 5), channels, choice);
    }),
  "depthwise convolutions whose padded patches go in parts": (random: Random) =>
    cases(4, (builder, i) => {
      const [size, channels] = (
        [
          [3, 133],
          [5, 51],
          [7, 23],
          [9, 30],
        ] as const
      )[i]!;
      const pad = (size - 1) / 2;
      const window = { ...plainWindow, kernel: [size, size] as const, pads: [pad, pad, pad, pad] as const };
      const input = builder.input([1, 5, 4, channels], i % 2 === 0 ? int8 : uint8);
      const choice = { outputType: int8, rounding: roundings[i]! };
      return addConv2d(builder, random, input, channels, window, channels, choice);
    }),
  "dense layers of any size and number of rows": (random: Random) =>
    cases(16, (builder, i) => {
      const rows = random.pick([[1], [1], [3], [1, 2]]);
      const input = builder.input([...rows, random.integer(1, 70)], anyType(random));
      const choice = { outputType: anyType(random), rounding: roundings[i % 4]!, clipped: i % 3 === 0 };
      return addDense(builder, random, input, random.integer(1, 14), choice, weights(random, i));
    }),
  "dense layers of small weights": (random: Random) =>
    cases(8, (builder, i) => {
      const input = builder.input([i % 3 === 0 ? 2 : 1, random.integer(20, 90)], anyType(random));
      const choice = { outputType: anyType(random), rounding: roundings[i % 4]! };
      return addDense(builder, random, input, random.integer(7, 17), choice, () => random.integer(-5 * i, 5 * i));
    }),
  "average pools": (random: Random) =>
    cases(16, (builder, i) => {
      const [height, width] = [random.integer(2, 8), random.integer(2, 8)];
      const input = builder.input([1, height, width, random.integer(1, 6)], anyType(random));
      const choice = { outputType: anyType(random), rounding: random.pick(roundings) };
      return addAveragePool2d(builder, random, input, randomWindow(random, height, width, 4), i % 2 === 0, choice);
    }),
  "max pools": (random: Random) =>
    cases(10, (builder) => {
      const [height, width] = [random.integer(2, 8), random.integer(2, 8)];
      const input = builder.input([1, height, width, random.integer(1, 6)], anyType(random));
      return addMaxPool2d(builder, input, randomWindow(random, height, width, 4));
    }),
  "additions, linear and by tables": (random: Random) =>
    cases(12, (builder, i) => {
      const shape = [1, random.integer(1, 400)];
      const [a, b] = [builder.input(shape, anyType(random)), builder.input(shape, anyType(random))];
      if (i % 2 === 0) return addLinear(builder, random, a!, b!, anyType(random));
      return addTables(builder, random, a!, b!, anyType(random), roundings[(i >> 1) % 4]!);
    }),
  "softmax, tables and transpositions": (random: Random) =>
    cases(18, (builder, i) => {
      const rows = random.integer(1, 3);
      if (i % 3 === 0) {
        const input = builder.input([rows, random.integer(1, 20)], anyType(random));
        return addSoftmax(builder, random, input, i % 2 === 0 ? "even" : "tflite", anyType(random));
      }
      if (i % 3 === 1) return addTable(builder, random, builder.input([rows, 100], anyType(random)), anyType(random));
      const shape = [1, random.integer(1, 5), random.integer(1, 5), random.integer(1, 5), 2];
      return addTranspose(
        builder,
        builder.input(shape, int8),
        random.pick([
          [0, 3, 1, 2, 4],
          [4, 3, 2, 1, 0],
          [0, 1, 2, 3, 4],
        ]),
      );
    }),
};

// cortex-m4: the packed multiplies, emulated here; cortex-m55: the twins of its vector kernels; rv32imc: the high-word form; cortex-m0plus: halves of words.
describe.each(["host", "cortex-m4", "cortex-m55", "rv32imc", "cortex-m0plus"])("kernels of %s", (name) => {
  it.each(Object.entries(graphs))("%s", async (_, make) => {
    const random = new Random(20240601);
    const graph = make(random);
    expect(await differences(graph, core(name), inputSets(graph, random, 4))).toEqual([]);
  });
});

describe("the random layers", () => {
  it("need every form of constants", () => {
    const { nodes } = graphs["dense layers of any size and number of rows"](new Random(1));
    const forms = nodes.map(
      (node) => realise(opHomes.get(node.op)!.requantize!(node.attributes)!, { minShift: 32, maxShift: 40 }).form,
    );
    expect(new Set(forms)).toEqual(new Set(["plain", "sign", "parity", "thresholds"]));
  });
});
