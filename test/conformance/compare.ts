/** Values of qcompile against those of a witness. */
import { type Compiled, fromCodes, stepOf, toCodes } from "./border.js";
import type { DenseTensor } from "./element-types.js";

/** How well one witness and one arithmetic family agree; counts over all outputs and vectors. */
export interface Comparison {
  /** Whose values these are, such as `recorded` or `ONNX Runtime, fused`. */
  readonly witness: string;
  readonly numerics: string;
  readonly values: number;
  readonly equal: number;
  /** Values that have the code of the witness's value: what is left to ask where the model leaves an output unquantized. */
  readonly sameCode: number;
  /** Largest difference, in steps of the output's quantization; infinite where shapes differ. */
  readonly largest: number;
  /** Largest difference relative to the witness's value. */
  readonly relative: number;
}

/** What float32 leaves open of a value's code where codes have 16 bits, in steps: two units in the last place of 2^15 steps. */
const floatSlack = 2 ** -8;

/** Compares the outputs of one or more inferences. */
export function compareOutputs(
  witness: string,
  numerics: string,
  compiled: Compiled,
  runs: readonly { readonly codes: readonly Int32Array[]; readonly expected: readonly DenseTensor[] }[],
): Comparison {
  let [values, equal, sameCode, largest, relative] = [0, 0, 0, 0, 0];
  for (const { codes, expected } of runs) {
    for (const [i, tensor] of expected.entries()) {
      const output = compiled.outputs[i];
      values += tensor.values.length;
      if (!output || output.shape.join() !== tensor.dims.join()) {
        largest = Infinity;
        continue;
      }
      const step = stepOf(output, tensor.type);
      const wanted = toCodes(output, tensor);
      for (const [k, value] of fromCodes(output, codes[i]!, tensor.type).entries()) {
        const theirs = tensor.values[k]!;
        if (wanted[k] === codes[i]![k] || Math.abs(value - theirs) <= (0.5 + floatSlack) * step) sameCode++;
        if (value === theirs) {
          equal++;
          continue;
        }
        largest = Math.max(largest, Math.abs(value - theirs) / step);
        relative = Math.max(relative, Math.abs((value - theirs) / theirs));
      }
    }
  }
  return { witness, numerics, values, equal, sameCode, largest, relative };
}

/** Whether every value is equal. */
export function isEqual({ values, equal }: Comparison): boolean {
  return values === equal;
}

/** Float16 keeps 11 bits; kernels round to it more than once. */
const halfPrecision = 2 ** -9;

/** Why values that are not all equal agree as far as the witness is defined; undefined where they do not. */
export function closeness(comparison: Comparison, outputs: readonly { readonly type: string }[]): string | undefined {
  const { values, sameCode, relative } = comparison;
  if (sameCode === values)
    return `the model leaves outputs unquantized; every code is that of the witness's value: ${shareText(comparison)}`;
  if (outputs.every(({ type }) => type === "float16") && relative <= halfPrecision) {
    return `the witness computes in float16: ${shareText(comparison)}`;
  }
  return undefined;
}

/** What differs, in words. */
export function differenceText({ values, equal, largest }: Comparison): string {
  return `${values - equal} of ${values} values differ, by up to ${steps(largest)}`;
}

/** How much is equal, in words. */
export function shareText({ values, equal, largest }: Pick<Comparison, "values" | "equal" | "largest">): string {
  return `${((100 * equal) / values).toFixed(2)} % equal, at most ${steps(largest)} apart`;
}

const steps = (largest: number) => `${Number(largest.toPrecision(4))} steps`;
