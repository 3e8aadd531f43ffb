/** Convolution by four windows and four channels: qc_conv2d_quads.h. */
import { interleave } from "../../../targets/c/matrix.js";
import { byteWords } from "../../../targets/c/mve.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { blockWindow } from "./conv2d-blocks.c.js";
import { type Conv2dKernel, tapsOf } from "./conv2d-kernel.js";
import { matrices } from "./conv2d-matrices.js";
import { callWithRecords } from "./conv2d-records.js";

export const quads: Conv2dKernel = {
  takes: () => true,

  /** Four patches. */
  scratchBytes: (node) => 4 * Math.ceil(tapsOf(node) / 4) * 4,

  lower(node, context) {
    const words = matrices(node).flatMap((matrix) => byteWords(Array.from(interleave(matrix, 4))));
    context.statement(blockWindow(node));
    context.include("qc_conv2d_quads.h");
    const body = `qc_conv2d_quads(s, x, weights, records, y, scratch, q, ${signedLiteral(node.inputs[0]!)});`;
    const { groups } = node.attributes;
    callWithRecords(node, context, { role: "conv2d", element: "uint32_t", words, step: 4, groups, body });
  },
};
