/** Kernels with assembly, on emulated cores: it and its twin in C give the interpreter's bytes for layers of every shape. */
import { describe, expect, it } from "vitest";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type IntegerGraph, int8, uint8 } from "../../compiler/ir/index.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { emitC } from "../../targets/c/emit.js";
import { addLinear } from "./elementwise-graphs.js";
import { addConv2d, addDense, anyType, GraphBuilder, randomWindow } from "./graphs.js";
import { Random } from "./random.js";
import { core, inFolder, inputSets } from "./run.js";

const unpadded = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
const square = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], kernel: [3, 3] } as const;

const graphs = {
  "convolutions of any window, groups and tails": (random: Random, builder: GraphBuilder) => {
    // Fewer than 16 taps, one step, an odd and an even number of steps; channels that 8 and 4 do not divide.
    for (const [index, channels] of [3, 16, 21, 32, 40, 57, 64].entries()) {
      const input = builder.input([1, 3, 3, channels], index % 2 === 0 ? int8 : uint8);
      const choice = { outputType: anyType(random), rounding: "plain", clipped: index % 3 === 0 } as const;
      const window = {
        ...unpadded,
        kernel: [1, 1] as const,
        strides: index === 4 ? ([2, 2] as const) : ([1, 1] as const),
      };
      builder.outputs.push(addConv2d(builder, random, input, 5 + 4 * index, window, 1, choice));
    }
    for (let i = 0; i < 6; i++) {
      const groups = random.pick([1, 1, 2, 3]);
      const [height, width] = [random.integer(3, 9), random.integer(3, 9)];
      const input = builder.input([1, height, width, groups * random.integer(1, 7)], anyType(random));
      const choice = { outputType: anyType(random), rounding: "plain", clipped: i % 3 === 1 } as const;
      const window = randomWindow(random, height, width, 4);
      builder.outputs.push(addConv2d(builder, random, input, groups * random.integer(1, 11), window, groups, choice));
    }
  },
  "convolutions whose sums fill the halves of a word": (random: Random, builder: GraphBuilder) => {
    // Weights of which two alone may fill a half of a word, and such that hundreds do not.
    for (const [index, most] of [127, 110, 2, 60].entries()) {
      const input = builder.input([1, 3, 5, 150], index % 2 === 0 ? int8 : uint8);
      const choice = { outputType: anyType(random), rounding: "plain", clipped: false } as const;
      const weight = () => random.pick([-most, 1 - most, most - 1, most]);
      builder.outputs.push(addConv2d(builder, random, input, 3, { ...unpadded, kernel: [1, 1] }, 1, choice, weight));
    }
  },
  "depthwise convolutions of any kernel and stride": (random: Random, builder: GraphBuilder) => {
    const windows = [
      square,
      { ...square, pads: [0, 1, 1, 0] },
      { ...square, strides: [1, 2], pads: [1, 1, 0, 1] },
      { ...square, strides: [2, 2], pads: [0, 0, 1, 1] },
      { ...square, strides: [2, 1] },
      { ...square, kernel: [5, 5], pads: [2, 2, 2, 2] },
      { ...square, kernel: [2, 3], strides: [1, 3], pads: [1, 0, 0, 2] },
      { ...square, kernel: [7, 1], pads: [3, 0, 3, 0] },
    ] as const;
    for (const [index, window] of windows.entries()) {
      for (const size of [6, 7]) {
        const channels = random.integer(8, 21);
        const input = builder.input([1, 7, size, channels], anyType(random));
        const choice = { outputType: anyType(random), rounding: "plain", clipped: index % 3 === 2 } as const;
        builder.outputs.push(addConv2d(builder, random, input, channels, window, channels, choice));
      }
    }
  },
  "dense layers and sums": (random: Random, builder: GraphBuilder) => {
    for (const [index, inputs] of [1, 15, 16, 17, 33, 48, 100].entries()) {
      const input = builder.input([index === 2 ? 3 : 1, inputs], index % 2 === 0 ? int8 : uint8);
      const choice = { outputType: anyType(random), rounding: "plain", clipped: index % 3 === 0 } as const;
      builder.outputs.push(addDense(builder, random, input, 3 * index + 1, choice));
      const most = [9, 1, 60, 20, 40, 30, 128][index]!;
      const weight = () => random.integer(-most, most - 1);
      builder.outputs.push(addDense(builder, random, input, 5 * index + 6, choice, weight));
      const shape = [1, 13 * index + 1];
      const [a, b] = [builder.input(shape, anyType(random)), builder.input(shape, anyType(random))];
      builder.outputs.push(addLinear(builder, random, a, b, anyType(random)));
    }
  },
};

/** What the layers of these graphs must use. */
const kernels = {
  "cortex-m55": [
    "qc_conv2d_mve(",
    "qc_depthwise_planes_mve(",
    "qc_depthwise_conv2d_mve(",
    "qc_dense_mve(",
    "qc_add_mve(",
  ],
  rv32imc: ["qc_conv2d_quads(", "qc_depthwise_rolling(", "qc_depthwise_conv2d(", "qc_dense_quads("],
  "cortex-m0plus": [
    "qc_conv2d_halves(",
    "qc_dense_halves(",
    "qc_conv2d_quads(",
    "qc_depthwise_rolling(",
    "qc_depthwise_conv2d(",
    "qc_dense_quads(",
  ],
} as const;
const cores = Object.keys(kernels) as (keyof typeof kernels)[];

function graphOf(make: (typeof graphs)[keyof typeof graphs]): IntegerGraph {
  const builder = new GraphBuilder();
  make(new Random(20261126), builder);
  return builder.graph();
}

const forms = cores.flatMap((name) => (["assembly", "C"] as const).map((form) => ({ name, form })));

describe.each(forms)("kernels of $name in $form", ({ name, form }) => {
  const whole = core(name);
  const target = form === "C" ? { ...whole, flags: [...whole.flags, "-DQC_NO_ASM"] } : whole;
  it.each(Object.entries(graphs))("%s", async (_, make) => {
    const graph = graphOf(make);
    const inputs = inputSets(graph, new Random(5), 4);
    const expected = inputs.map((set) => Buffer.from(setToBytes(outputsOf(graph, set), graph.outputs)));
    const result = await inFolder((workDir) =>
      qemu(target).run({
        files: emitC(makePlan(graph), target),
        inputs: inputs.map((set) => setToBytes(set, graph.inputs)),
        outputBytes: expected[0]!.length,
        workDir,
      }),
    );
    expect(result.outputs.map((bytes) => Buffer.from(bytes))).toEqual(expected);
  });
});

describe.each(cores)("the layers of these graphs on %s", (name) => {
  it("use every kernel of the core", () => {
    const sources = Object.values(graphs).map((make) => emitC(makePlan(graphOf(make)), core(name)).get("model.c")!);
    for (const kernel of kernels[name]) {
      expect(
        sources.some((source) => source.includes(kernel)),
        kernel,
      ).toBe(true);
    }
    if (name === "cortex-m55") {
      // Requantizations of weights at their ends may need more bits than vectors have.
      const usual = sources.filter((_, k) => !Object.keys(graphs)[k]!.includes("fill"));
      for (const source of usual) expect(source).not.toMatch(/qc_\w+_(pairs|quads|blocks)\(|qc_depthwise_conv2d\(/);
    }
  });
});
