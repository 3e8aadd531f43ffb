/** Permutation of axes in C: a strided copy (qc_strided.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { permutedOrder } from "../order.js";
import { copyStrided } from "../strided/strided.c.js";
import type { TransposeAttributes } from "./transpose.types.js";

export const c: CLowering<TransposeAttributes> = (node, context) =>
  copyStrided(node, context, permutedOrder(node.inputs[0]!.shape, node.attributes.permutation));
