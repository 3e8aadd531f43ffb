/** Matrix products four outputs at a time: qc_dense_blocks.h. */
import { blockConstants, denseShifts, lanesHold, packDense } from "../../../targets/c/blocks.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { weightSums } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";

type Node = IntegerNode<DenseAttributes>;

/** The copy of a row that fills no whole steps of eight. */
export function blockScratchBytes({ inputs }: Node): number {
  const length = inputs[0]!.shape.at(-1)!;
  return length % 8 === 0 ? 0 : Math.ceil(length / 8) * 8;
}

/** Lowers the node, unless its weights or its requantization are not for this kernel; returns whether it did. */
export function lowerBlocks(node: Node, context: CContext): boolean {
  const { output, attributes } = node;
  const { weights, bias, inputZeroPoint, requantize } = attributes;
  const x = node.inputs[0]!;
  const channels = output.shape.at(-1)!;
  const columns = x.shape.at(-1)!;
  const matrix = { weights, channels, rows: 1, columns };
  if (channels < 4 || !lanesHold(matrix)) return false;
  const sums = weightSums(weights, channels);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const constants = blockConstants(requantize, output.type, missing, denseShifts);
  if (!constants) return false;
  const stream = context.constant("stream", "uint32_t", packDense(matrix, constants.channels));
  const literals = [constants.shift, signedLiteral(x), signedLiteral(output)].join(", ");
  context.include("qc_dense_blocks.h");
  const name = context.shared({
    role: `dense_blocks_${constants.shift}`,
    parameters: [
      ...["const uint8_t *x", "int32_t rows", "int32_t inputs", "int32_t outputs"],
      ...["const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    ],
    body: [`qc_dense_blocks(x, rows, inputs, outputs, stream, y, scratch, ${literals});`],
  });
  const sizes = [elementCount(x.shape) / columns, columns, channels];
  const values = [context.input(0), ...sizes, stream, context.output, context.scratch];
  context.statement(`${name}(${values.join(", ")});`);
  return true;
}
