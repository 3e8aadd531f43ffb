/** Permutation of axes in C (qc_transpose.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { initialiser, requireBytes } from "../../../targets/c/tensors.js";
import { fail } from "../../diagnostics.js";
import { elementCount } from "../../ir/index.js";
import type { TransposeAttributes } from "./transpose.types.js";

const maximumRank = 8;

export const c: CLowering<TransposeAttributes> = (node, context) => {
  requireBytes(node);
  const { shape } = node.inputs[0]!;
  // Axes of length 1 move nothing.
  const axes = node.attributes.permutation.filter((axis) => shape[axis]! > 1);
  if (axes.length === 0) axes.push(0);
  if (axes.length > maximumRank) {
    return fail(
      "QC2002",
      `transpose of ${axes.length} axes longer than 1; the C kernel takes at most ${maximumRank}.`,
      node.name,
    );
  }
  const dims = axes.map((axis) => shape[axis]!);
  const strides = axes.map((axis) => elementCount(shape.slice(axis + 1)));
  context.include("qc_transpose.h");
  context.statement(`static const int32_t dims[] = ${initialiser(dims)};`);
  context.statement(`static const int32_t strides[] = ${initialiser(strides)};`);
  context.statement(`qc_transpose(${context.input(0)}, ${context.output}, ${axes.length}, dims, strides);`);
};
