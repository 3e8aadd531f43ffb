/** Convolution with two pixels in the halves of a word: qc_conv2d_halves.h. */
import { chunkLengths, packChunks, packedMagnitude } from "../../../targets/c/halves.js";
import { keptByLayer } from "../../../targets/c/kernel.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { channelSlots, weightSums } from "../../../targets/c/matrix.js";
import { placeRecords } from "../../../targets/c/records.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { blockWindow } from "./conv2d-blocks.c.js";
import { type Conv2dKernel, type Node, tapsOf } from "./conv2d-kernel.js";
import { matrices } from "./conv2d-matrices.js";

/** Weights of a chunk, on average, that repay splitting its sums: with fewer, products of single codes are faster. */
const fewestPerChunk = 2.5;

/** Whether weights make long enough chunks. */
const makesChunks = keptByLayer((node: Node): boolean => {
  const { weights, inputZeroPoint } = node.attributes;
  const magnitude = packedMagnitude(node.inputs[0]!, inputZeroPoint);
  const channels = node.output.shape[3]!;
  const taps = tapsOf(node);
  let chunks = 0;
  for (let c = 0; c < channels; c++) {
    chunks += chunkLengths(weights.subarray(c * taps, (c + 1) * taps), magnitude).length;
  }
  return taps * channels >= fewestPerChunk * chunks;
});

export const halves: Conv2dKernel = {
  feature: "halves",
  /** Unless a plan asks for less scratch. */
  takes: (node) => node.attributes.blockPixels === undefined && makesChunks(node),
  /** Packed words of eight pixels, and copies of two. */
  scratchBytes: (node) => 18 * 2 * Math.ceil(tapsOf(node) / 2),
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { bias, inputZeroPoint, requantize, weights } = attributes;
  const [x] = inputs;
  const channels = output.shape[3]!;
  const signed = signedLiteral(x!);
  const magnitude = packedMagnitude(x!, inputZeroPoint);
  const stream = matrices(node).flatMap((matrix) => packChunks(matrix, magnitude));
  // The kernel sums raw codes, unsigned ones less 128.
  const zero = inputZeroPoint - (x!.type.signed ? 0 : 128);
  const sums = weightSums(weights, channels);
  const missing = bias.map((value, o) => value - zero * sums[o]!);
  const constants = placeRecords(context, requantize, output.type, channelSlots(0, channels, 1), missing);
  context.include("qc_conv2d_halves.h");
  context.statement(blockWindow(node));
  const name = context.shared({
    role: `conv2d_halves_${constants.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const int8_t *stream",
      "const int32_t *records",
      "uint8_t *y",
      "uint8_t *scratch",
      ...constants.parameters,
    ],
    body: [
      constants.declaration,
      `qc_conv2d_halves(s, x, stream, records, y, (uint32_t *)(void *)scratch, q, ${signed});`,
    ],
  });
  const values = [
    "&window",
    context.input(0),
    context.constant("weights", "int8_t", stream),
    constants.name,
    context.output,
    context.scratch,
    ...constants.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
}
