/** How concatenated tensors alternate in memory. */
import { elementCount, type Shape } from "../../ir/types.js";

/** Elements of each input between two turns of the axes in front of the joined one. */
export function runsOf(inputs: readonly { readonly shape: Shape }[], axis: number): number[] {
  return inputs.map(({ shape }) => elementCount(shape.slice(axis)));
}
