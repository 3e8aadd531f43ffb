/** Convolution by packed multiplies, whatever its weights and its requantization: qc_conv2d_pairs.h. */
import { packPairs, pairsCarry } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import { type Conv2dKernel, tapsOf } from "./conv2d-kernel.js";
import { matrices } from "./conv2d-matrices.js";
import { callWithRecords } from "./conv2d-records.js";

export const pairs: Conv2dKernel = {
  feature: "dsp",
  takes: () => true,

  /** Three patches of 16-bit lanes; codes that fill no words are first gathered as bytes. */
  scratchBytes(node) {
    const patch = Math.ceil(tapsOf(node) / 4) * 4;
    const perGroup = node.inputs[0]!.shape[3]! / node.attributes.groups;
    return 3 * 2 * patch + (perGroup % 4 === 0 ? 0 : patch);
  },

  lower(node, context) {
    const { inputs, output, attributes } = node;
    const { groups, inputZeroPoint } = attributes;
    const signed = signedLiteral(inputs[0]!);
    const parts = matrices(node);
    const carried = parts.every((matrix) => pairsCarry(matrix, signed === "1" ? 128 : 255));
    const words = parts.flatMap((matrix) => Array.from(packPairs(matrix, carried, 2)));
    context.statement(windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint));
    context.include("qc_conv2d_pairs.h");
    const body = `qc_conv2d_pairs(s, x, weights, records, y, (uint32_t *)(void *)scratch, q, ${signed}, ${carried ? 1 : 0});`;
    callWithRecords(node, context, { role: "conv2d", element: "uint32_t", words, step: 2, groups, body });
  },
};
