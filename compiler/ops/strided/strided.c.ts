/** Strided copies in C (qc_strided.h). */
import type { CContext, CLowering } from "../../../targets/c/lowering.js";
import { initialiser } from "../../../targets/c/tensors.js";
import { fail } from "../../diagnostics.js";
import { bytesPerElement, type IntegerNode } from "../../ir/index.js";
import { mergedOrder, type StridedOrder } from "../order.js";
import type { StridedAttributes } from "./strided.types.js";

const maximumRank = 8;

export const c: CLowering<StridedAttributes> = (node, context) => copyStrided(node, context, node.attributes);

/** The statements that copy the first input in a strided order. */
export function copyStrided(node: IntegerNode, context: CContext, order: StridedOrder): void {
  if (context.isInPlace(0)) return;
  const size = bytesPerElement(node.output.type);
  const { dims, strides, offset } = mergedOrder(order);
  const [sizes, steps] = dims.length === 0 ? [[1], [1]] : [dims, strides];
  if (sizes.length > maximumRank) {
    fail(
      "QC2002",
      `a movement along ${sizes.length} separate axes; the C kernel takes at most ${maximumRank}.`,
      node.name,
    );
  }
  context.include("qc_strided.h");
  const name = context.shared({
    role: size === 1 ? "strided" : `strided_${size}`,
    parameters: ["const uint8_t *x", "uint8_t *y", "int32_t rank", "const int32_t *dims", "const int32_t *strides"],
    body: [`qc_strided(x, y, rank, dims, strides, ${size});`],
  });
  context.statement(`static const int32_t dims[] = ${initialiser(sizes)};`);
  context.statement(`static const int32_t strides[] = ${initialiser(steps)};`);
  const from = offset === 0 ? context.input(0) : `${context.input(0)} + ${offset * size}`;
  context.statement(`${name}(${from}, ${context.output}, ${sizes.length}, dims, strides);`);
}
