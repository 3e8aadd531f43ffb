/** Expected instructions, and the kernels that they choose. */
import { describe, expect, it } from "vitest";
import { int8 } from "../../compiler/ir/index.js";
import { chooseForSpeed } from "../../compiler/plan/choose-for-speed.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { costSizes, predictedInstructions } from "../../targets/c/costs.js";
import { layerKernels } from "../../targets/c/emit.js";
import { type Core, findTarget } from "../../targets/index.js";
import { addConv2d, GraphBuilder } from "../runtime-c/graphs.js";
import { Random } from "../runtime-c/random.js";

const m4 = findTarget("cortex-m4") as Core;

/** A 3x3 convolution of 8 x 8 pixels, 16 to 6 channels. */
function convolution() {
  const [builder, random] = [new GraphBuilder(), new Random(4)];
  const window = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
  const weight = () => random.integer(-90, 90);
  const input = builder.input([1, 8, 8, 16], int8);
  builder.outputs.push(
    addConv2d(builder, random, input, 6, window, 1, { outputType: int8, rounding: "plain" }, weight),
  );
  return builder.graph();
}

describe("expected instructions", () => {
  const node = convolution().nodes[0]!;
  it("are linear in a layer's sizes", () => {
    expect(costSizes(node)).toEqual({ product: 64 * 6 * 144, input: 64 * 16, output: 64 * 6, pixel: 64, layer: 1 });
    const costs = { some_kernel: { product: 0.5, input: 0.25, output: 3, pixel: 10, layer: 100 } };
    const expected = 0.5 * 64 * 6 * 144 + 0.25 * 1024 + 3 * 384 + 640 + 100;
    expect(predictedInstructions({ ...m4, costs }, "some_kernel", node)).toBe(expected);
    expect(predictedInstructions({ ...m4, costs }, "other_kernel", node)).toBeUndefined();
  });

  it("choose the kernel: Winograd's, where it was asked for and is expected to be cheaper", () => {
    const kernelOf = (core: Core) => {
      const graph = chooseForSpeed(core).run(convolution());
      return layerKernels(makePlan(graph), core).get(graph.outputs[0]!.id);
    };
    const cheap = (kernel: string): Core => ({
      ...m4,
      costs: { ...m4.costs, [kernel]: { product: 0, input: 0, output: 0, pixel: 0, layer: 1 } },
    });
    for (const kernel of ["conv2d_winograd", "conv2d_blocks"]) expect(kernelOf(cheap(kernel))).toBe(kernel);
    const plain = convolution();
    const kernels = layerKernels(makePlan(plain), cheap("conv2d_winograd"));
    expect(kernels.get(plain.outputs[0]!.id)).toBe("conv2d_blocks");
  });
});
