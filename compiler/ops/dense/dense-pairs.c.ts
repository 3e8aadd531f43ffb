/** Matrix product by packed multiplies, whatever its weights and its requantization: qc_dense_pairs.h. */
import type { Kernel } from "../../../targets/c/kernel.js";
import { packPairs, pairsCarry } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import type { DenseAttributes } from "./dense.types.js";
import { callWithRecords, matrixOf } from "./dense-records.js";

export const pairs: Kernel<DenseAttributes> = {
  feature: "dsp",
  takes: () => true,
  lower(node, context) {
    const matrix = matrixOf(node);
    const signed = signedLiteral(node.inputs[0]!);
    const carried = pairsCarry(matrix, signed === "1" ? 128 : 255);
    const literals = `${signed}, ${carried ? 1 : 0}`;
    callWithRecords(node, context, { kernel: "qc_dense_pairs", words: packPairs(matrix, carried, 4), literals });
  },
};
