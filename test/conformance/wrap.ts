/** Quantizing a real operator from its recorded data: QuantizeLinear and DequantizeLinear around every real tensor. */
import { type DenseTensor, isReal } from "./element-types.js";
import { type Affine, ModelFile } from "./protobuf.js";

/** A choice of scale and zero point from the range of recorded data. */
export interface Scaling {
  readonly name: string;
  affine(values: Float64Array): Affine;
}

function rangeOf(values: Float64Array): [lo: number, hi: number] {
  const finite = values.filter(Number.isFinite);
  return [finite.reduce((a, b) => Math.min(a, b), 0), finite.reduce((a, b) => Math.max(a, b), 0)];
}

/** Symmetric with a power of two, where true ties abound; and the whole range with a zero point. */
export const scalings: readonly Scaling[] = [
  {
    name: "power of two",
    affine: (values) => {
      const [lo, hi] = rangeOf(values);
      const largest = Math.max(-lo, hi);
      return { scale: largest === 0 ? 1 : 2 ** Math.ceil(Math.log2(largest / 127)), zeroPoint: 0 };
    },
  },
  {
    name: "whole range",
    affine: (values) => {
      const [lo, hi] = rangeOf(values);
      const scale = lo === hi ? 1 : Math.fround((hi - lo) / 255);
      return { scale, zeroPoint: Math.max(-128, Math.min(127, Math.round(-128 - lo / scale))) };
    },
  },
];

interface WrapOptions {
  /** Also gives the reals before the last quantization as outputs, behind the codes. */
  readonly keepReal: boolean;
  readonly quantizeConstants: boolean;
}

/** The model with its real inputs, its real outputs and, if asked, its real constants quantized to int8. */
export function wrapModel(
  bytes: Uint8Array,
  inputs: ReadonlyMap<string, DenseTensor>,
  outputs: readonly DenseTensor[],
  { affine }: Scaling,
  { keepReal, quantizeConstants }: WrapOptions,
): Uint8Array {
  const model = new ModelFile(bytes);
  const constants = quantizeConstants ? model.realConstants : new Map<string, DenseTensor>();
  for (const [name, { type, values }] of new Map([...constants, ...inputs])) {
    if (isReal(type)) model.quantizeInput(name, type, affine(values));
  }
  for (const [i, { name, type }] of model.outputs.entries()) {
    const recorded = outputs[i];
    if (type !== undefined && isReal(type) && recorded) {
      model.quantizeOutput(name, type, affine(recorded.values), keepReal);
    }
  }
  return model.bytes();
}
