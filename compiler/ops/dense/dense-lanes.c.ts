/** Matrix products by two-lane products, eight outputs at a time: qc_dense_lanes.h. Weights take twice their bytes. */
import { predictedInstructions } from "../../../targets/c/costs.js";
import { type Kernel, keptByLayer } from "../../../targets/c/kernel.js";
import { type LaneMatrix, laneConstants, laneSums, packDenseLanes } from "../../../targets/c/lanes.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import type { Core } from "../../../targets/core.js";
import { channelRange, elementCount, type IntegerNode } from "../../ir/index.js";
import type { Faster } from "../op.js";
import type { DenseAttributes } from "./dense.types.js";

type Node = IntegerNode<DenseAttributes>;

const leastOutputs = 8;

/** What the kernel reads of a node; undefined where it is not one for it. */
const streamOf = keptByLayer(({ inputs, output, attributes }: Node): Uint32Array | undefined => {
  const { weights, bias, inputZeroPoint, requantize } = attributes;
  const [x] = inputs;
  const channels = output.shape.at(-1)!;
  const bytes = x!.type.bits <= 8 && output.type.bits <= 8 && weights instanceof Int8Array;
  const constants = bytes && channels >= leastOutputs ? laneConstants(requantize) : undefined;
  if (!constants) return undefined;
  const codes = (tap: number) => channelRange(x!, tap);
  const matrix: LaneMatrix = { weights, channels, taps: weights.length / channels, codes, centre: 0 };
  const sums = laneSums(matrix, bias, inputZeroPoint, constants);
  return packDenseLanes(sums.matrix, constants, sums.missing);
});

/** What the kernel would save over four outputs; none on cores without figures for both. */
function forSpeed(node: Node, core: Core): Faster<DenseAttributes>[] {
  const quads = predictedInstructions(core, "dense_quads", node);
  const lanes = predictedInstructions(core, "dense_lanes", node);
  const stream = streamOf(node);
  if (quads === undefined || lanes === undefined || !stream) return [];
  const bytes = stream.byteLength - node.attributes.weights.length - 8 * node.output.shape.at(-1)!;
  return [{ attributes: { ...node.attributes, lanes: true }, saved: quads - lanes, bytes }];
}

export const lanes: Kernel<DenseAttributes> = {
  feature: "lanes",
  takes: (node) => node.attributes.lanes === true && streamOf(node) !== undefined,
  lower,
  forSpeed,
};

function lower(node: Node, context: CContext): void {
  const x = node.inputs[0]!;
  const inputs = x.shape.at(-1)!;
  const stream = context.constant("stream", "uint32_t", streamOf(node)!);
  context.include("qc_dense_lanes.h");
  const name = context.shared({
    role: "dense_lanes",
    parameters: [
      ...["const uint8_t *x", "int32_t rows", "int32_t inputs", "int32_t outputs"],
      ...["const uint32_t *stream", "uint8_t *y"],
    ],
    body: [`qc_dense_lanes(x, rows, inputs, outputs, stream, y, ${signedLiteral(x)});`],
  });
  const sizes = [elementCount(x.shape) / inputs, inputs, node.output.shape.at(-1)!];
  context.statement(`${name}(${[context.input(0), ...sizes, stream, context.output].join(", ")});`);
}
