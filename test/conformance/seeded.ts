/** Seeded inputs for models without recorded ones. */
import { typeRange } from "../../compiler/ir/types.js";
import { xorshiftBytes } from "../../compiler/verify/vectors.js";
import { type Compiled, fromCodes } from "./border.js";
import { type DenseTensor, isReal } from "./element-types.js";
import type { GraphValue } from "./protobuf.js";

/** A graph input with numbers for dimensions. */
export interface FixedValue extends GraphValue {
  readonly dims: readonly number[];
}

export type Feeds = ReadonlyMap<string, DenseTensor>;

/** From this many elements on, an input counts as large: one vector is enough. */
export const manyElements = 2 ** 18;

/** Number of elements of a shape. */
export const sizeOf = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

/** A symbolic batch is 1, any other symbolic dimension 4, or 1 where inputs would be large; equal names mean equal sizes. */
export function withFixedDims(values: readonly GraphValue[]): FixedValue[] {
  const batch = values[0]?.dims[0];
  const withSize = (size: number) =>
    values.map((value) => ({
      ...value,
      dims: value.dims.map((dim, axis) => {
        if (typeof dim === "number" && dim > 0) return dim;
        return axis === 0 && (dim === batch || typeof dim === "number") ? 1 : size;
      }),
    }));
  const usual = withSize(4);
  return usual.some(({ dims }) => sizeOf(dims) > manyElements) ? withSize(1) : usual;
}

/** Values that suit a declared type: codes over the whole of 8 bits, reals around zero, small powers of two for scales. */
export function seededTensor({ name, type = "float", dims }: FixedValue, seed: number): DenseTensor {
  const noise = xorshiftBytes(seed, sizeOf(dims));
  const isScale = isReal(type) && /scale/i.test(name);
  const values = Float64Array.from(noise, (byte) => {
    if (isScale) return 2 ** -((byte % 4) + 4);
    if (isReal(type)) return (byte - 128) / 64;
    if (type === "bool") return byte & 1;
    return type.startsWith("uint") ? byte : byte - 128;
  });
  return { type, dims, values };
}

/** Seeded values of every input, for a model that has not been compiled. */
export function seededFeeds(inputs: readonly FixedValue[]): Feeds {
  return new Map(inputs.map((value, i) => [value.name, seededTensor(value, i + 1)]));
}

/** Random codes of every input, given as the reals they stand for where the input is real: no rounding at the border. */
export function seededCodes(compiled: Compiled, inputs: readonly FixedValue[], index: number): Feeds {
  return new Map(
    inputs.map((value, at) => {
      const tensor = compiled.inputs.find(({ name }) => name === value.name);
      // Nothing is inverted where the host computes a function before it quantizes.
      if (!tensor || tensor.border) return [value.name, seededTensor(value, index * inputs.length + at + 1)];
      const { lo, hi } = typeRange(tensor.type);
      const noise = xorshiftBytes((0x12345678 + index * 0x9e3779b9 + at) >>> 0, 2 * sizeOf(value.dims));
      const codes = Int32Array.from({ length: sizeOf(value.dims) }, (_, i) => {
        return lo + ((noise[2 * i]! + 256 * noise[2 * i + 1]!) % Math.min(hi - lo + 1, 2 ** 16));
      });
      const type = value.type ?? "float";
      return [value.name, { type, dims: value.dims, values: fromCodes(tensor, codes, type) }];
    }),
  );
}
