/** Matrix product by four outputs: qc_dense_quads.h. */
import type { Kernel } from "../../../targets/c/kernel.js";
import { interleave } from "../../../targets/c/matrix.js";
import { byteWords } from "../../../targets/c/mve.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import type { DenseAttributes } from "./dense.types.js";
import { callWithRecords, matrixOf } from "./dense-records.js";

export const quads: Kernel<DenseAttributes> = {
  takes: () => true,
  lower(node, context) {
    const words = byteWords(Array.from(interleave(matrixOf(node), 4)));
    callWithRecords(node, context, { kernel: "qc_dense_quads", words, literals: signedLiteral(node.inputs[0]!) });
  },
};
