/** What stages that treat elements one by one have in common. */
import { elementCount, type IntegerTensor } from "../../compiler/ir/index.js";
import type { FoldingOption, Stage } from "./lowering.js";

/** Element `index` of the output depends on element `index` of each input. */
export const elementwiseFlow: Pick<Stage, "needs" | "taken"> = {
  needs: (index) => index + 1,
  taken: (index) => index + 1,
};

/** One element of the tensor per cycle, whatever the folding. */
export function elementwiseFoldings(tensor: IntegerTensor): FoldingOption[] {
  return [{ pe: 1, simd: 1, cycles: elementCount(tensor.shape) }];
}

/** A table of 256 values in the order of the byte that a code is on the stream; `values[0]` belongs to code `low`. */
export function byteTable(values: ArrayLike<number>, low: number): number[] {
  const table = new Array<number>(256).fill(values[0]!);
  for (let k = 0; k < Math.min(values.length, 256); k++) table[(low + k) & 255] = values[k]!;
  return table;
}
