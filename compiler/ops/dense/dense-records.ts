/** What kernels share whose constants are records. */
import type { CContext } from "../../../targets/c/lowering.js";
import { channelSlots, type WeightMatrix, weightSums } from "../../../targets/c/matrix.js";
import { placeRecords } from "../../../targets/c/records.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";

type Node = IntegerNode<DenseAttributes>;

/** The weights of a node: a row per output. */
export const matrixOf = ({ inputs, output, attributes: { weights } }: Node): WeightMatrix => ({
  ...{ channels: output.shape.at(-1)!, taps: inputs[0]!.shape.at(-1)! },
  weights,
});

/** A kernel's function, its packed weights, and its last arguments. */
interface Call {
  readonly kernel: string;
  readonly words: ArrayLike<number>;
  readonly literals: string;
}

/** Places constants and calls the shared function around a kernel. The zero point's share and the bias are in the records: kernels sum raw codes. */
export function callWithRecords(node: Node, context: CContext, { kernel, words, literals }: Call): void {
  const { weights, bias, inputZeroPoint, requantize } = node.attributes;
  const { channels: outputs, taps: inputs } = matrixOf(node);
  const sums = weightSums(weights, outputs);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const constants = placeRecords(context, requantize, node.output.type, channelSlots(0, outputs, 4), missing);
  const packed = context.constant("weights", "uint32_t", words);
  context.include(`${kernel}.h`);
  const name = context.shared({
    role: `dense_${constants.role}`,
    parameters: [
      ...["const uint8_t *x", "int32_t rows", "int32_t inputs", "int32_t outputs"],
      ...["const uint32_t *weights", "const int32_t *records", "uint8_t *y", ...constants.parameters],
    ],
    body: [constants.declaration, `${kernel}(x, rows, inputs, outputs, weights, records, y, q, ${literals});`],
  });
  const sizes = [elementCount(node.inputs[0]!.shape) / inputs, inputs, outputs];
  const values = [context.input(0), ...sizes, packed, constants.name, context.output, ...constants.arguments];
  context.statement(`${name}(${values.join(", ")});`);
}
