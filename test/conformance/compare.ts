/** Values of qcompile against those of a witness. */
import { type Compiled, fromCodes, stepOf } from "./border.js";
import type { DenseTensor } from "./element-types.js";

/** How well one witness and one arithmetic family agree; counts over all outputs and vectors. */
export interface Comparison {
  /** Whose values these are, such as `recorded` or `ONNX Runtime, fused`. */
  readonly witness: string;
  readonly numerics: string;
  readonly values: number;
  readonly equal: number;
  /** Largest difference, in steps of the output's quantization; infinite where shapes differ. */
  readonly largest: number;
}

/** Compares the outputs of one or more inferences. */
export function compareOutputs(
  witness: string,
  numerics: string,
  compiled: Compiled,
  runs: readonly { readonly codes: readonly Int32Array[]; readonly expected: readonly DenseTensor[] }[],
): Comparison {
  let [values, equal, largest] = [0, 0, 0];
  for (const { codes, expected } of runs) {
    for (const [i, tensor] of expected.entries()) {
      const output = compiled.outputs[i];
      values += tensor.values.length;
      if (!output || output.shape.join() !== tensor.dims.join()) {
        largest = Infinity;
        continue;
      }
      const step = stepOf(output, tensor.type);
      for (const [k, value] of fromCodes(output, codes[i]!, tensor.type).entries()) {
        if (value === tensor.values[k]) equal++;
        else largest = Math.max(largest, Math.abs(value - tensor.values[k]!) / step);
      }
    }
  }
  return { witness, numerics, values, equal, largest };
}

/** Whether every value is equal. */
export function isEqual({ values, equal }: Comparison): boolean {
  return values === equal;
}

/** What differs, in words. */
export function differenceText({ values, equal, largest }: Comparison): string {
  return `${values - equal} of ${values} values differ, by up to ${steps(largest)}`;
}

/** How much is equal, in words. */
export function shareText({ values, equal, largest }: Comparison): string {
  return `${((100 * equal) / values).toFixed(2)} % equal, at most ${steps(largest)} apart`;
}

const steps = (largest: number) => `${Number(largest.toPrecision(4))} steps`;
