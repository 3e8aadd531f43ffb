/** remove-constant-channels: what goes, what must stay, and that no byte changes. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerGraph } from "../../compiler/ir/integer-graph.js";
import { opHomes } from "../../compiler/ops/index.js";
import { seededSets, seededVectors } from "../../compiler/verify/vectors.js";
import { verifyTarget } from "../../compiler/verify/verify.js";
import { findTarget } from "../../targets/index.js";
import { dataPath, describeWithData } from "../helpers/data.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { randomModel } from "../helpers/random-model.js";

/** The graph before and after the pass. */
function both(bytes: Uint8Array, numerics = "exact"): { before: IntegerGraph; after: IntegerGraph } {
  let before: IntegerGraph | undefined;
  const { integerGraph } = compile(bytes, {
    numerics,
    onStage: (stage, form) => {
      if (stage === "lower") before = form as IntegerGraph;
    },
  });
  return { before: before!, after: integerGraph };
}

function expectSameBytes(
  { before, after }: { before: IntegerGraph; after: IntegerGraph },
  count: number,
  seed: number,
): void {
  for (const vector of seededVectors(before.inputs[0]!, count, seed)) {
    expect(outputsOf(after, [vector])).toEqual(outputsOf(before, [vector]));
  }
}

const q: Affine = { scale: 0.05, zeroPoint: -128 };
const output: Affine = { scale: 0.1, zeroPoint: 3 };
const dead = -2_000_000;
const bright = 2_000_000;

/** A 1x1 convolution to three channels whose biases make some constant, a second convolution behind it. */
function chain(biases: readonly number[], second: { kernel: number; pads: number; group?: number }): Uint8Array {
  const b = new ModelBuilder(5);
  const x = b.qdq(b.input([1, 2, 5, 5]), { scale: 0.05, zeroPoint: 0 });
  const bias = b.node("DequantizeLinear", [
    b.constant("bias", "int32", [3], biases),
    b.constant("bs", "float", [], [0.0005]),
  ]);
  const middle = b.qdq(b.node("Relu", [b.node("Conv", [x, b.weights([3, 2, 1, 1]), bias])]), q);
  const { kernel, pads, group = 1 } = second;
  const weights = b.weights([group === 3 ? 3 : 4, 3 / group, kernel, kernel]);
  const y = b.node("Conv", [middle, weights, b.bias(group === 3 ? 3 : 4)], { pads: [pads, pads, pads, pads], group });
  return b.output(b.qdq(y, output)).bytes();
}

const convolutions = (graph: IntegerGraph) =>
  graph.nodes
    .filter(({ op }) => op === "conv2d")
    .map(({ inputs, output: { shape } }) => [inputs[0]!.shape.at(-1), shape.at(-1)]);

describe("constant channels", () => {
  it("a channel that Relu keeps at the zero point goes, also through zero padding", () => {
    const graphs = both(chain([0, dead, 0], { kernel: 3, pads: 1 }));
    expect(convolutions(graphs.after)).toEqual([
      [2, 2],
      [2, 4],
    ]);
    expectSameBytes(graphs, 12, 1);
  });

  it("a saturated channel folds into the bias when nothing is padded", () => {
    const graphs = both(chain([0, bright, 0], { kernel: 3, pads: 0 }));
    expect(convolutions(graphs.after)).toEqual([
      [2, 2],
      [2, 4],
    ]);
    expectSameBytes(graphs, 12, 2);
  });

  it("a saturated channel stays before zero padding: the border sees the zero point instead", () => {
    const graphs = both(chain([0, bright, 0], { kernel: 3, pads: 1 }));
    expect(convolutions(graphs.after)).toEqual([
      [2, 3],
      [3, 4],
    ]);
    expectSameBytes(graphs, 12, 3);
  });

  it("a depthwise convolution loses a channel only when its own output is not needed", () => {
    const graphs = both(chain([0, dead, 0], { kernel: 3, pads: 1, group: 3 }));
    expect(convolutions(graphs.after)).toEqual([
      [2, 3],
      [3, 3],
    ]);
    expectSameBytes(graphs, 12, 4);
  });

  it("a tensor keeps at least one channel, and graph outputs keep all", () => {
    const graphs = both(chain([dead, dead, dead], { kernel: 1, pads: 0 }));
    expect(convolutions(graphs.after)).toEqual([
      [2, 1],
      [1, 4],
    ]);
    expectSameBytes(graphs, 4, 5);
  });

  it("a graph without any is returned as it is", () => {
    const { before, after } = both(readFileSync("examples/fashion-mnist/fashion-mnist.onnx"));
    expect(after).toBe(before);
  });

  it("a pool behind an op that needs all channels keeps them all, though its reader weighs one", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 2, 4, 4]), output); // transposed to channels last
    const pooled = b.node("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
    const weights = b.dequantize(b.constant("w", "int8", [1, 2, 1, 1], [5, 0]), { scale: 0.1, zeroPoint: 0 });
    expectSameBytes(both(b.output(b.qdq(b.node("Conv", [pooled, weights]), output)).bytes()), 3, 1);
  });

  it("a depthwise convolution keeps the channels that its input keeps for another reader", () => {
    const b = new ModelBuilder(2);
    const x = b.qdq(b.input([1, 3, 4, 4]), output);
    const y = b.qdq(b.node("Conv", [x, b.weights([3, 1, 3, 3])], { group: 3 }), output);
    const weights = b.dequantize(b.constant("w", "int8", [1, 3, 1, 1], [5, 0, 7]), { scale: 0.1, zeroPoint: 0 });
    const graphs = both(b.output(b.qdq(b.node("Conv", [y, weights]), output)).bytes());
    expectSameBytes(graphs, 3, 1);
  });

  it("random graphs compute the same bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        let bytes: Uint8Array;
        try {
          bytes = randomModel(seed).bytes();
        } catch {
          return; // the seed describes no model
        }
        const single = both(bytes);
        if (single.before.inputs.length === 1) expectSameBytes(single, 3, seed);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it("C and Verilog compute the reduced graph", async () => {
    const compilation = compile(chain([0, dead, bright], { kernel: 3, pads: 1 }));
    const vectors = seededSets(compilation.integerGraph.inputs, 6, 8);
    const expected = vectors.map((vector) => outputsOf(compilation.integerGraph, vector));
    for (const target of ["host", "verilog"]) {
      expect(await verifyTarget(compilation, findTarget(target), vectors, expected, { seed: 2 })).toMatchObject({
        equal: true,
      });
    }
  });
});

describeWithData("VWW", () => {
  it("loses half of its MACs and five sixths of its weights, and no byte changes", () => {
    const graphs = both(readFileSync(dataPath("mlperf-tiny", "vww01_mobilenetv1_025_int8.onnx")));
    const cost = (graph: IntegerGraph, key: "macs" | "weightBytes") =>
      graph.nodes.reduce((sum, node) => sum + opHomes.get(node.op)![key](node), 0);
    expect(cost(graphs.before, "macs")).toBe(7_489_664);
    expect(cost(graphs.after, "macs")).toBe(3_727_313);
    expect(cost(graphs.after, "weightBytes")).toBeLessThan(36 * 1024);
    expectSameBytes(graphs, 4, 6);
  });
});
