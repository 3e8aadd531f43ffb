/** Matrix products four outputs at a time: qc_dense_blocks.h. */
import { blockConstants, denseShifts, lanesHold, packDense } from "../../../targets/c/blocks.js";
import { type Kernel, keptByLayer } from "../../../targets/c/kernel.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { weightSums } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import type { Core } from "../../../targets/core.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";

type Node = IntegerNode<DenseAttributes>;

/** Whether the kernel reads codes as they lie; on cores with vectors, where few layers come here, always. */
const isDirect = ({ attributes: { direct } }: Node, core?: Core) => direct || core?.features.includes("mve");

/** A row's lanes, or the copy of a row that fills no whole steps of eight. */
function scratchBytes(node: Node, core?: Core): number {
  const length = node.inputs[0]!.shape.at(-1)!;
  const eights = Math.ceil(length / 8);
  if (!isDirect(node, core)) return 16 * eights;
  return length % 8 === 0 ? 0 : 8 * eights;
}

interface DenseStream {
  readonly words: readonly number[];
  readonly shift: number;
}

/** What the kernel reads of a node; undefined where its weights or its requantization are not for it. */
const streamOf = keptByLayer(({ inputs, output, attributes }: Node): DenseStream | undefined => {
  const { weights, bias, inputZeroPoint, requantize } = attributes;
  const channels = output.shape.at(-1)!;
  const matrix = { weights, channels, rows: 1, columns: inputs[0]!.shape.at(-1)! };
  if (channels < 4 || !lanesHold(matrix)) return undefined;
  const sums = weightSums(weights, channels);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const constants = blockConstants(requantize, output.type, missing, denseShifts);
  return constants && { words: [...packDense(matrix, constants.channels)], shift: constants.shift };
});

export const blocks: Kernel<DenseAttributes> = {
  feature: "dsp",
  takes: (node) => streamOf(node) !== undefined,
  scratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { words, shift } = streamOf(node)!;
  const x = node.inputs[0]!;
  const columns = x.shape.at(-1)!;
  const stream = context.constant("stream", "uint32_t", words);
  const lanes = isDirect(node, context.core) ? 0 : 1;
  const literals = [lanes, shift, signedLiteral(x), signedLiteral(node.output)].join(", ");
  context.include("qc_dense_blocks.h");
  const name = context.shared({
    role: `dense_blocks_${lanes ? "" : "direct_"}${shift}`,
    parameters: [
      ...["const uint8_t *x", "int32_t rows", "int32_t inputs", "int32_t outputs"],
      ...["const uint32_t *stream", "uint8_t *y", "uint8_t *scratch"],
    ],
    body: [`qc_dense_blocks(x, rows, inputs, outputs, stream, y, scratch, ${literals});`],
  });
  const sizes = [elementCount(x.shape) / columns, columns, node.output.shape.at(-1)!];
  const values = [context.input(0), ...sizes, stream, context.output, context.scratch];
  context.statement(`${name}(${values.join(", ")});`);
}
