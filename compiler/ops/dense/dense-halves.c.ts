/** Matrix product with two outputs in the halves of a word: qc_dense_halves.h. */
import { halvesOutputs, jointChunkLengths, packOutputs, storedMagnitude } from "../../../targets/c/halves.js";
import { type Kernel, keptByLayer } from "../../../targets/c/kernel.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { channelSlots, type WeightMatrix, weightSums } from "../../../targets/c/matrix.js";
import { placeRecords } from "../../../targets/c/records.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";
import { matrixOf } from "./dense-records.js";

type Node = IntegerNode<DenseAttributes>;

/** Instructions of an input and eight outputs, and of a chunk of them; of an input and four outputs by quads. */
const instructions = { product: 17, chunk: 70, quad: 18 };

/** Whether splitting sums chunk by chunk, and the outputs that eight leave over, cost less than quads do. */
function pays(matrix: WeightMatrix, lengths: readonly (readonly number[])[]): boolean {
  const chunks = lengths.reduce((sum, { length }) => sum + length, 0);
  const products = lengths.length * matrix.taps * instructions.product;
  return products + chunks * instructions.chunk < Math.ceil(matrix.channels / 4) * matrix.taps * instructions.quad;
}

/** Lengths of the chunks of every eight outputs. */
const chunksOf = keptByLayer((node: Node) => {
  const matrix = matrixOf(node);
  const magnitude = storedMagnitude(node.inputs[0]!);
  return Array.from({ length: Math.ceil(matrix.channels / halvesOutputs) }, (_, i) =>
    jointChunkLengths(matrix, halvesOutputs * i, magnitude),
  );
});

/** Where it pays. */
export const halves: Kernel<DenseAttributes> = {
  feature: "halves",
  takes: (node) => pays(matrixOf(node), chunksOf(node)),
  lower,
};

function lower(node: Node, context: CContext): void {
  const [x] = node.inputs;
  const { weights, bias, inputZeroPoint, requantize } = node.attributes;
  const matrix = matrixOf(node);
  const { channels: outputs, taps: inputs } = matrix;
  const sums = weightSums(weights, outputs);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const constants = placeRecords(context, requantize, node.output.type, channelSlots(0, outputs, 1), missing);
  context.include("qc_dense_halves.h");
  const name = context.shared({
    role: `dense_halves_${constants.role}`,
    parameters: [
      "const uint8_t *x",
      "int32_t rows",
      "int32_t inputs",
      "int32_t outputs",
      "const uint32_t *stream",
      "const int32_t *records",
      "uint8_t *y",
      ...constants.parameters,
    ],
    body: [
      constants.declaration,
      `qc_dense_halves(x, rows, inputs, outputs, stream, records, y, q, ${signedLiteral(x!)});`,
    ],
  });
  const stream = chunksOf(node).flatMap((group, i) => packOutputs(matrix, halvesOutputs * i, group));
  const values = [
    context.input(0),
    elementCount(x!.shape) / inputs,
    inputs,
    outputs,
    context.constant("weights", "uint32_t", stream),
    constants.name,
    context.output,
    ...constants.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
}
