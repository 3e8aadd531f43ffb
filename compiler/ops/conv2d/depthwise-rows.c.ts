/** Depthwise 3x3 convolution by a ring of widened rows: qc_depthwise_rows.h. */
import { blockConstants } from "../../../targets/c/blocks.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { weightSums } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { IntegerNode } from "../../ir/index.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

type Node = IntegerNode<Conv2dAttributes>;

/** Whether the geometry is one that the kernel takes. */
function takes({ inputs, attributes: { kernel, strides, dilations } }: Node): boolean {
  const three = kernel[0] === 3 && kernel[1] === 3 && dilations[0] === 1 && dilations[1] === 1;
  return three && strides[1] <= 2 && inputs[0]!.shape[3]! >= 4;
}

/** The ring of four channels, and their records; 0 for nodes that the kernel does not take. */
export function depthwiseRowsScratchBytes(node: Node): number {
  if (!takes(node)) return 0;
  const outputs = node.output.shape[2]!;
  const pairs = node.attributes.strides[1] === 1 ? Math.ceil(outputs / 2) + 1 : outputs + 1;
  return 48 * pairs + 4 * 13 * 4;
}

/** Lowers the node, unless its geometry or its requantization are not for this kernel; returns whether it did. */
export function lowerDepthwiseRows(node: Node, context: CContext): boolean {
  const { inputs, output, attributes } = node;
  const { weights, bias, inputZeroPoint, groups, strides, requantize } = attributes;
  if (!takes(node)) return false;
  const sums = weightSums(weights, output.shape[3]!);
  // The kernel sums signed codes: unsigned ones less 128.
  const zeroPoint = inputs[0]!.type.signed ? inputZeroPoint : inputZeroPoint - 128;
  const missing = bias.map((value, o) => value - zeroPoint * sums[o]!);
  const constants = blockConstants(requantize, output.type, missing);
  if (!constants) return false;
  const words = constants.channels.flatMap(({ multiplier, addend, start }, o) => {
    const rows = [0, 3, 6].map((at) => {
      const [w0, w1, w2] = weights.subarray(9 * o + at, 9 * o + at + 3);
      return ((w0! & 255) | ((w1! & 255) << 8) | ((w2! & 255) << 16)) >>> 0;
    });
    return [multiplier, addend >>> 0, start, ...rows];
  });
  const stream = context.constant("stream", "uint32_t", words);
  const literals = [strides[1], constants.shift, signedLiteral(inputs[0]!), signedLiteral(output)].join(", ");
  context.include("qc_depthwise_rows.h");
  context.statement(windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint));
  const name = context.shared({
    role: `depthwise_rows_${strides[1]}_${constants.shift}`,
    parameters: ["const qc_window *s", "const uint8_t *x", "const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    body: [`qc_depthwise_rows(s, x, stream, y, (uint32_t *)(void *)scratch, ${literals});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
  return true;
}
