/** The kernels for packed multiplies, each forced to be chosen, against the interpreter: on this machine and in QEMU, in assembly and in C. */
import { describe, expect, it } from "vitest";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type IntegerGraph, type IntegerTensor, int8, uint8 } from "../../compiler/ir/index.js";
import { tensorBytes } from "../../compiler/plan/liveness.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { emitC, layerKernels } from "../../targets/c/emit.js";
import { addLinear } from "./elementwise-graphs.js";
import { addAveragePool2d, addConv2d, addDense, addMaxPool2d, anyType, GraphBuilder, randomWindow } from "./graphs.js";
import { Random } from "./random.js";
import { bytesOf, core, differences, inFolder, inputSets } from "./run.js";

type Add = (builder: GraphBuilder, random: Random, index: number) => IntegerTensor;

const plain = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
const weight = (random: Random) => () => random.integer(-127, 127);
const choice = (random: Random) => ({ outputType: anyType(random), rounding: "plain" }) as const;

const addBlocks: Add = (builder, random, i) => {
  const groups = [1, 1, 2][i % 3]!;
  const [height, width] = [random.integer(2, 8), random.integer(3, 9)];
  const depth = random.pick([1, 2, 3, 4, 5, 8]);
  const input = builder.input([1, height, width, groups * depth], anyType(random));
  // Pointwise on odd depths, three channels under 3x3, then anything.
  const window =
    i % 4 === 0
      ? { ...plain, kernel: [1, 1] as const }
      : i % 4 === 1
        ? { ...plain, kernel: [3, 3] as const, pads: [1, 0, 1, 1] as const, strides: [1, 2] as const }
        : randomWindow(random, height, width, 4);
  const outputs = groups * random.integer(2, 7);
  return addConv2d(builder, random, input, outputs, window, groups, choice(random), weight(random));
};

/** Sums beyond 2^22 leave the form without addends no room. */
const addLargeSums: Add = (builder, random, i) => {
  const input = builder.input([1, 2, 5, 300 + i], anyType(random));
  const large = () => random.pick([-1, 1]) * random.integer(110, 127);
  return addConv2d(builder, random, input, 2 + i, { ...plain, kernel: [1, 1] }, 1, choice(random), large);
};

/** Kernel, number of layers, and what adds one of them. */
const kernels: Record<string, [number, Add]> = {
  conv2d_blocks: [12, addBlocks],
  conv2d_blocks16: [12, addBlocks],
  "conv2d_blocks, with addends": [2, addLargeSums],
  "conv2d_blocks16, with addends": [2, addLargeSums],
  depthwise_rows: [
    12,
    (builder, random, i) => {
      const [height, width] = [random.integer(3, 8), random.integer(3, 10)];
      const channels = random.integer(4, 11);
      const input = builder.input([1, height, width, channels], anyType(random));
      const pads = [0, 1, 2, 3].map(() => random.integer(0, 2)) as [number, number, number, number];
      const window = { ...plain, kernel: [3, 3] as const, pads, strides: [random.integer(1, 4), 1 + (i % 2)] as const };
      return addConv2d(builder, random, input, channels, window, channels, choice(random), weight(random));
    },
  ],
  depthwise_pairs: [
    16,
    (builder, random, i) => {
      const kernel = [random.pick([1, 3, 4, 5, 7]), i % 4 < 2 ? 5 : 7] as const;
      const strides = [random.integer(1, 4), 1 + (i % 2)] as const;
      const pads = kernel.concat(kernel).map((size) => random.integer(0, size - 1)) as [number, number, number, number];
      const height = Math.max(1, kernel[0] - pads[0] - pads[2]) + random.integer(0, 5);
      // Three outputs to twelve: blocks of three, four and five, with and without a rest.
      const width = Math.max(1, kernel[1] - pads[1] - pads[3] + strides[1] * random.integer(2, 11));
      const channels = random.integer(2, 5);
      const input = builder.input([1, height, width, channels], anyType(random));
      const window = { ...plain, kernel, pads, strides };
      return addConv2d(builder, random, input, channels, window, channels, choice(random), weight(random));
    },
  ],
  depthwise_line: [
    16,
    (builder, random, i) => {
      // Widths from one column on: with none, with some and with many outputs in the loop, for every remainder of four.
      const [height, width] = [random.integer(i < 4 ? 1 : 3, 6), i < 4 ? i + 1 : random.integer(3, 12)];
      const channels = random.integer(2, 7);
      const input = builder.input([1, height, width, channels], anyType(random));
      const padded = i < 4;
      const strides = [random.integer(1, 2), 1 + (i % 2)] as const;
      const [top, left] = [padded ? 1 : random.integer(0, 1), padded ? 1 : random.integer(0, 1)];
      // At most one row below and one column to the right of the image.
      const after = (size: number, before: number) => (padded || size + before < 3 ? 1 : random.integer(0, 1));
      const pads = [top, left, after(height, top), after(width, left)] as const;
      const window = { ...plain, kernel: [3, 3] as const, pads, strides };
      return addConv2d(builder, random, input, channels, window, channels, choice(random), weight(random));
    },
  ],
  dense_blocks: [
    10,
    (builder, random, i) => {
      const inputs = i % 3 === 0 ? 8 * random.integer(1, 40) : random.integer(1, 60);
      const input = builder.input([random.integer(1, 2), inputs], anyType(random));
      return addDense(builder, random, input, random.integer(4, 11), choice(random), weight(random));
    },
  ],
  conv2d_winograd: [
    6,
    (builder, random, i) => {
      // Output sizes are even, at least 8 wide: one group of tiles, or several of which the last overlaps.
      const pads = [[1, 1, 1, 1] as const, [2, 0, 0, 2] as const, [0, 0, 0, 0] as const][i % 3]!;
      const [height, width] = [2 * random.integer(1, 3), 2 * random.integer(4, 8)];
      const size = [height + 2 - pads[0] - pads[2], width + 2 - pads[1] - pads[3]];
      const input = builder.input([1, size[0]!, size[1]!, 4 * random.integer(1, 5)], anyType(random));
      const window = { ...plain, kernel: [3, 3] as const, pads };
      const outputs = 2 * random.integer(1, 3);
      return addConv2d(builder, random, input, outputs, window, 1, choice(random), weight(random));
    },
  ],
  average_pool2d: [
    8,
    (builder, random, i) => {
      // The first fill their lanes.
      const [height, width] = i < 2 ? [16, 16] : [random.integer(2, 8), random.integer(2, 8)];
      const input = builder.input([1, height, width, random.integer(3, 9)], i % 2 === 0 ? int8 : uint8);
      const window = i < 2 ? { ...plain, kernel: [16, 16] as const } : randomWindow(random, height, width, 4);
      return addAveragePool2d(builder, random, input, window, i % 3 === 0, choice(random));
    },
  ],
  max_pool2d: [
    4,
    (builder, random, i) => {
      const [height, width] = [random.integer(3, 6), random.integer(3, 6)];
      const input = builder.input([1, height, width, random.integer(3, 9)], i % 2 === 0 ? int8 : uint8);
      return addMaxPool2d(builder, input, randomWindow(random, height, width, 3), i > 1);
    },
  ],
  add: [
    4,
    (builder, random, i) => {
      const shape = [1, 8 * i + random.integer(1, 9)];
      const [a, b] = [builder.input(shape, int8), builder.input(shape, anyType(random))];
      return addLinear(builder, random, a, b, i % 2 === 0 ? int8 : uint8);
    },
  ],
};

/** What nodes get besides, by the name of the case: a kernel, and which of its forms. */
const chosen: Record<string, object> = {
  depthwise_rows: { direct: false },
  depthwise_line: { direct: true },
  "conv2d_blocks, one pixel": { blockPixels: 1 },
  "conv2d_blocks, two pixels": { blockPixels: 2 },
  conv2d_blocks16: { weights16: true },
  "conv2d_blocks16, with addends": { weights16: true },
  "dense_blocks, from codes": { direct: true },
  conv2d_winograd: { winograd: true },
};

const kernelOf = (name: string) => name.split(",")[0]!;

function graphOf(name: string): IntegerGraph {
  const kernel = kernelOf(name);
  const [count, add] = kernels[name] ?? kernels[kernel]!;
  const random = new Random(20261126);
  const builder = new GraphBuilder();
  for (let i = 0; i < count; i++) builder.outputs.push(add(builder, random, i));
  const graph = builder.graph();
  const nodes = graph.nodes.map((node) => ({
    ...node,
    attributes: { ...(node.attributes as object), ...chosen[name] },
  }));
  return { ...graph, nodes };
}

/** Without cost figures, which would choose other kernels for layers as small as these. */
const { costs: _, ...target } = core("cortex-m4");

describe.each([...new Set([...Object.keys(kernels), ...Object.keys(chosen)])])("%s", (name) => {
  const kernel = kernelOf(name);
  const graph = graphOf(name);
  const plan = makePlan(graph);
  const inputs = inputSets(graph, new Random(5), 4);

  it("is what these layers run", () => {
    const taken = layerKernels(plan, target);
    expect(graph.nodes.map(({ output }) => taken.get(output.id))).toEqual(graph.nodes.map(() => kernel));
    const added = [...emitC(plan, target).values()].some((file) => file.includes("_added_"));
    expect(added).toBe(name.endsWith("with addends"));
  });

  it("computes the interpreter's bytes under sanitizers", async () => {
    expect(await differences(graph, target, inputs)).toEqual([]);
  });

  it.each(["assembly", "C"])(
    "computes the interpreter's bytes in QEMU, in %s, in one count of instructions",
    async (form) => {
      const files = emitC(plan, target);
      if (form === "C") files.set("qc_config.h", `#define QC_DSP_ASSEMBLY 0\n${files.get("qc_config.h")}`);
      const outputBytes = graph.outputs.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
      const request = { files, inputs: inputs.map(bytesOf), outputBytes };
      const { outputs, instructionRange } = await inFolder((workDir) => qemu(target).run({ ...request, workDir }));
      expect(outputs.map((bytes) => Buffer.from(bytes))).toEqual(inputs.map((set) => bytesOf(outputsOf(graph, set))));
      if (form === "assembly") expect(instructionRange!.lo).toBe(instructionRange!.hi);
    },
  );
});
