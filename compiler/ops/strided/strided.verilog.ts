/** A strided copy as a qc_strided stage: a ring buffer that is as long as what one value of the outermost digit spans. */

import type { FoldingOption, Stage, VerilogLowering } from "../../../targets/verilog/lowering.js";
import { fail } from "../../diagnostics.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import { mergedOrder, type StridedOrder, sourceIndices } from "../order.js";
import type { StridedAttributes } from "./strided.types.js";

/** Digits of qc_strided inside its outermost one. */
const innerDigits = 5;

export const verilog: VerilogLowering<StridedAttributes> = {
  foldings: stridedFoldings,
  stage: (node) => stridedStage(node, node.attributes),
};

/** One element a cycle, in or out. */
export function stridedFoldings({ inputs: [input], output }: IntegerNode): FoldingOption[] {
  return [{ pe: 1, simd: 1, cycles: Math.max(elementCount(input!.shape), elementCount(output.shape)) }];
}

/** The stage that brings the first input into a strided order; undefined when that is the input itself. */
export function stridedStage(node: IntegerNode, order: StridedOrder): Stage | undefined {
  const { dims, strides, offset } = mergedOrder(order);
  const inCount = elementCount(node.inputs[0]!.shape);
  const identity = dims.length === 0 || (dims.length === 1 && strides[0] === 1);
  if (identity && elementCount(dims) === inCount) return undefined;
  // The base of the ring moves with the outermost digit where that goes forward, else only from frame to frame.
  const outer = (strides[0] ?? 0) > 0 ? 1 : 0;
  const [size, step] = outer ? [dims[0]!, strides[0]!] : [1, 0];
  const inner = dims.slice(outer).map((count, i) => ({ count, stride: strides[i + outer]! }));
  if (inner.length > innerDigits) {
    fail("QC2002", `a movement along ${dims.length} separate axes; the Verilog target takes ${innerDigits}`, node.name);
  }
  const extent = (sign: number) =>
    inner.reduce((sum, { count, stride }) => sum + Math.max(0, sign * stride) * (count - 1), 0);
  const first = offset - extent(-1);
  const addressBits = Math.max(1, Math.ceil(Math.log2(2 * (extent(1) + extent(-1) + 1))));
  const digits = [{ count: size, stride: step }, ...inner];
  while (digits.length <= innerDigits) digits.push({ count: 1, stride: 0 });
  const needed = sourceIndices({ dims, strides, offset });
  for (let k = 1; k < needed.length; k++) needed[k] = Math.max(needed[k]!, needed[k - 1]!);
  const perOuter = elementCount(dims) / size;
  return {
    module: "qc_strided",
    parameters: {
      BITS: node.output.type.bits,
      IN_COUNT: inCount,
      ADDRESS_BITS: addressBits,
      FIRST: first,
      START: offset - first,
      ...Object.fromEntries(digits.map(({ count }, i) => [`SIZE${i}`, count])),
      ...Object.fromEntries(digits.map(({ stride }, i) => [`STEP${i}`, stride])),
    },
    memories: [],
    needs: (index) => needed[index]! + 1,
    taken: (index) => Math.min(inCount, first + Math.floor(index / perOuter) * step + 2 ** addressBits),
  };
}
