/** What stages that treat elements one by one have in common. */
import { elementCount, type IntegerNode, type IntegerTensor } from "../../compiler/ir/index.js";
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

/** The width parameters of a stage with one input. */
export function streamBits({ inputs: [input], output }: Pick<IntegerNode, "inputs" | "output">) {
  return { IN_BITS: input!.type.bits, OUT_BITS: output.type.bits };
}
