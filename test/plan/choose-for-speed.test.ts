/** Which nodes get the algorithm that takes fewer instructions for more flash. */
import { describe, expect, it } from "vitest";
import { type IntegerGraph, int8 } from "../../compiler/ir/index.js";
import type { Conv2dAttributes } from "../../compiler/ops/conv2d/conv2d.types.js";
import { opHomes } from "../../compiler/ops/index.js";
import { chooseForSpeed, codeBytes } from "../../compiler/plan/choose-for-speed.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { emitC } from "../../targets/c/emit.js";
import { addConv2d, GraphBuilder } from "../runtime-c/graphs.js";
import { Random } from "../runtime-c/random.js";
import { core } from "../runtime-c/run.js";

const m4 = core("cortex-m4");

/** Two 3x3 convolutions, of 16 channels on 32x32 pixels and of 32 on 16x16: the latter saves more, the former more per byte. */
function convolutions(): IntegerGraph {
  const builder = new GraphBuilder();
  const random = new Random(1);
  for (const [size, channels] of [
    [32, 16],
    [16, 32],
  ] as const) {
    const input = builder.input([1, size, size, channels], int8);
    const window = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
    const choice = { outputType: int8, rounding: "plain" } as const;
    builder.outputs.push(addConv2d(builder, random, input, channels, window, 1, choice, () => random.integer(-40, 40)));
  }
  return builder.graph();
}

const chosen = (graph: IntegerGraph) =>
  graph.nodes.map(({ attributes }) => (attributes as Conv2dAttributes).winograd === true);

describe("choosing for speed", () => {
  const graph = convolutions();
  const weights = graph.nodes.reduce((sum, node) => sum + opHomes.get(node.op)!.weightBytes(node), 0);
  const offers = graph.nodes.map((node) => opHomes.get(node.op)!.forSpeed!(node, m4)[0]!);
  const within = (bytes: number) => chosen(chooseForSpeed(m4, codeBytes + weights + bytes).run(graph));

  it("takes what saves the most per byte, as long as flash has room", () => {
    const [small, large] = offers.map(({ bytes }) => bytes) as [number, number];
    expect(within(small + large)).toEqual([true, true]);
    expect(within(small + large - 1)).toEqual([true, false]);
    expect(within(small - 1)).toEqual([false, false]);
    expect(chosen(chooseForSpeed(m4).run(graph))).toEqual([true, true]);
  });

  it("states the bytes that constants take more", () => {
    const words = (form: IntegerGraph) =>
      emitC(makePlan(form), m4)
        .get("model_weights.c")!
        .match(/0x[0-9a-f]+/g)!.length;
    const [small, large] = offers as [(typeof offers)[0], (typeof offers)[0]];
    expect(4 * (words(chooseForSpeed(m4).run(graph)) - words(graph))).toBe(small.bytes + large.bytes);
    expect(large.saved).toBeGreaterThan(small.saved);
  });

  it("goes from one algorithm of a node to a faster one where flash has room for the difference", () => {
    const rv32 = core("rv32imc");
    const offered = graph.nodes.map((node) => opHomes.get(node.op)!.forSpeed!(node, rv32));
    const lanes = offered.map((each) => Math.min(...each.map(({ bytes }) => bytes)));
    const winograd = offered.map((each) => Math.max(...each.map(({ bytes }) => bytes)));
    const taken = (bytes: number) =>
      chooseForSpeed(rv32, codeBytes + weights + bytes)
        .run(graph)
        .nodes.map((node) => {
          const { winograd, lanes } = node.attributes as Conv2dAttributes;
          return winograd ? "winograd" : lanes ? "lanes" : "quads";
        });
    expect(taken(0)).toEqual(["quads", "quads"]);
    expect(taken(lanes[0]! + lanes[1]!)).toEqual(["lanes", "lanes"]);
    expect(taken(winograd[0]! + winograd[1]! - 1)).toEqual(["winograd", "lanes"]);
    expect(taken(winograd[0]! + winograd[1]!)).toEqual(["winograd", "winograd"]);
  });

  it("leaves graphs alone for cores whose kernels have no choice", () => {
    for (const name of ["cortex-m0plus", "cortex-m55", "host"]) {
      expect(chooseForSpeed(core(name)).run(graph)).toBe(graph);
    }
  });
});
