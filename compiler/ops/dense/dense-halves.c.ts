/** Matrix product with two outputs in the halves of a word: qc_dense_halves.h. */
import { halvesOutputs, jointChunkLengths, packOutputs, storedMagnitude } from "../../../targets/c/halves.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { channelSlots, type WeightMatrix, weightSums } from "../../../targets/c/matrix.js";
import { placeRecords } from "../../../targets/c/records.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";

/** Instructions of an input and eight outputs, and of a chunk of them; of an input and four outputs by quads. */
const instructions = { product: 17, chunk: 70, quad: 18 };

/** Whether splitting sums chunk by chunk, and the outputs that eight leave over, cost less than quads do. */
function pays(matrix: WeightMatrix, lengths: readonly (readonly number[])[]): boolean {
  const chunks = lengths.reduce((sum, { length }) => sum + length, 0);
  const products = lengths.length * matrix.taps * instructions.product;
  return products + chunks * instructions.chunk < Math.ceil(matrix.channels / 4) * matrix.taps * instructions.quad;
}

/** Lowers a node of bytes on cores with `halves`, where it pays; returns whether it did. */
export function lowerHalves(node: IntegerNode<DenseAttributes>, context: CContext): boolean {
  if (!context.core.features.includes("halves")) return false;
  const [x] = node.inputs;
  const { weights, bias, inputZeroPoint, requantize } = node.attributes;
  const outputs = node.output.shape.at(-1)!;
  const inputs = x!.shape.at(-1)!;
  const matrix = { channels: outputs, taps: inputs, weights };
  const magnitude = storedMagnitude(x!);
  const lengths = Array.from({ length: Math.ceil(outputs / halvesOutputs) }, (_, i) =>
    jointChunkLengths(matrix, halvesOutputs * i, magnitude),
  );
  if (!pays(matrix, lengths)) return false;
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
  const stream = lengths.flatMap((group, i) => packOutputs(matrix, halvesOutputs * i, group));
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
  return true;
}
