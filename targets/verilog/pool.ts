/** The pooling stage (qc_pool2d): maximum, or sum and requantization by the number of elements counted. */
import type { IntegerNode } from "../../compiler/ir/index.js";
import type { Window } from "../../compiler/ops/conv2d/conv2d.types.js";
import { divisors } from "./bits.js";
import type { Folding, FoldingOption, Memory, Stage } from "./lowering.js";
import { type WindowShape, windowFlow, windowParameters, windowRowCycles } from "./window.js";

const maxLanes = 16;

function shapeOf({ attributes, inputs: [input], output }: IntegerNode<Window>): WindowShape {
  const [, height, width, channels] = input!.shape as [number, number, number, number];
  const [, outHeight, outWidth] = output.shape as [number, number, number, number];
  return { ...attributes, height, width, channels, outHeight, outWidth };
}

/** Foldings of a pool: `pe` channels at a time. */
export function poolFoldings(node: IntegerNode<Window>): FoldingOption[] {
  const shape = shapeOf(node);
  const taps = shape.kernel[0] * shape.kernel[1];
  return divisors(shape.channels, maxLanes).map((pe) => {
    const rowCycles = shape.outWidth * (shape.channels / pe) * Math.max(taps, pe);
    const cycles = Math.max(shape.height * shape.width * shape.channels, windowRowCycles(shape, rowCycles));
    return { pe, simd: 1, cycles };
  });
}

/** The stage; `parameters` choose between maximum and average and carry the requantization. */
export function poolStage(
  node: IntegerNode<Window>,
  { pe }: Folding,
  parameters: Readonly<Record<string, number>>,
  memories: readonly Memory[],
): Stage {
  const shape = shapeOf(node);
  return {
    module: "qc_pool2d",
    parameters: {
      ...windowParameters(shape),
      IN_BITS: node.inputs[0]!.type.bits,
      GROUPS: shape.channels / pe,
      PE: pe,
      X_SIGNED: node.inputs[0]!.type.signed ? 1 : 0,
      ...parameters,
    },
    memories,
    ...windowFlow(shape, shape.channels),
  };
}
