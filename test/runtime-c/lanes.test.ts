/** Kernels of two-lane products, and Winograd's for the same cores: assembly in QEMU and the twin in C, under sanitizers too, give the interpreter's bytes. */
import { describe, expect, it } from "vitest";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type IntegerGraph, int8, uint8 } from "../../compiler/ir/index.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { emitC, layerKernels } from "../../targets/c/emit.js";
import { addConv2d, addDense, anyType, GraphBuilder, randomWindow } from "./graphs.js";
import { Random } from "./random.js";
import { core, differences, inFolder, inputSets } from "./run.js";

const rv32 = core("rv32imc");
const withoutAssembly = { ...rv32, flags: [...rv32.flags, "-DQC_NO_ASM"] };

/** Weights of a layer: with the longest chunks, with the shortest, of any size, and with both signs' extremes. */
const weights = [
  (random: Random) => () => random.integer(-6, 6),
  (random: Random) => () => random.pick([-128, 127]),
  (random: Random) => () => random.integer(-128, 127) >> random.integer(0, 5),
  () => (output: number, tap: number) => (output === 0 ? 127 : output === 1 ? -128 : (tap % 5) - 2),
] as const;

/** Convolutions of any window and dense layers of any size by lanes, and 3x3 ones by Winograd's algorithm. */
function layers(): IntegerGraph {
  const random = new Random(20261127);
  const builder = new GraphBuilder();
  for (let i = 0; i < 14; i++) {
    const choice = { outputType: anyType(random), rounding: "plain", clipped: i % 3 === 1 } as const;
    const weight = weights[i % 4]!(random);
    if (i % 2 === 0) {
      const input = builder.input([1 + (i % 3), random.integer(1, 90)], i % 4 === 0 ? int8 : uint8);
      builder.outputs.push(addDense(builder, random, input, 8 + ((3 * i) % 11), choice, weights[(i / 2) % 4]!(random)));
    }
    const [height, width] = [random.integer(4, 9), random.integer(4, 9)];
    const input = builder.input([1, height, width, random.integer(1, 9)], i % 2 === 0 ? int8 : uint8);
    const pointwise = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
    let window = i % 4 === 0 ? pointwise : randomWindow(random, height, width, 4);
    while (i % 4 > 0 && Math.min(...window.strides) > 1) window = randomWindow(random, height, width, 4);
    builder.outputs.push(addConv2d(builder, random, input, random.integer(2, 9), window, 1, choice, weight));
  }
  const square = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
  for (const [height, width, channels, outputs] of [
    [8, 8, 4, 4],
    [5, 9, 8, 6],
    [4, 6, 12, 7],
    [7, 4, 4, 9],
  ] as const) {
    const index = builder.outputs.length;
    const choice = { outputType: anyType(random), rounding: "plain", clipped: index % 2 === 1 } as const;
    const input = builder.input([1, height, width, channels], index % 2 === 0 ? int8 : uint8);
    builder.outputs.push(addConv2d(builder, random, input, outputs, square, 1, choice, weights[index % 4]!(random)));
  }
  const graph = builder.graph();
  const fast = { lanes: true, winograd: true };
  const nodes = graph.nodes.map((node) => ({ ...node, attributes: { ...(node.attributes as object), ...fast } }));
  return { ...graph, nodes };
}

const graph = layers();
const inputs = inputSets(graph, new Random(3), 5);

describe("layers by two-lane products", () => {
  it("use all kernels, but where constants do not certify or pixels are few", () => {
    const kernels = [...layerKernels(makePlan(graph), rv32).values()];
    expect(kernels.filter((kernel) => kernel === "conv2d_lanes").length).toBeGreaterThan(9);
    expect(kernels.filter((kernel) => kernel === "dense_lanes").length).toBeGreaterThan(4);
    expect(kernels.filter((kernel) => kernel === "conv2d_winograd4").length).toBeGreaterThan(2);
  });

  it("equal the interpreter on this machine, under sanitizers", async () => {
    expect(await differences(graph, rv32, inputs)).toEqual([]);
  });

  it.each([
    { form: "assembly", target: rv32 },
    { form: "C", target: withoutAssembly },
  ])("equal the interpreter in QEMU, in $form", async ({ target }) => {
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
