/** Where output positions of a linear Resize lie between input positions, in exact fractions. */
import { fromFloat } from "../../arith/rational.js";
import { named } from "../../import/attributes.js";
import type { ResampledAxis } from "../resampling.onnx.js";
import type { Interpolation } from "./resize-linear.types.js";

/** Numerators of all positions over one denominator. */
interface Positions {
  readonly denominator: number;
  at(index: number): number;
}

/** numerator / denominator of the scale: of the sizes where it is their quotient in float32, else of the float32 number. */
function fraction({ scale, size }: ResampledAxis, from: number): [number, number] {
  if (Math.fround(scale) === Math.fround(size / from)) return [size, from];
  const { numerator, denominator } = fromFloat(Math.fround(scale));
  return [Number(numerator), Number(denominator)];
}

const modes: Readonly<Record<string, (axis: ResampledAxis, from: number) => Positions>> = {
  asymmetric(axis, from) {
    const [n, d] = fraction(axis, from);
    return { denominator: n, at: (index) => index * d };
  },
  half_pixel(axis, from) {
    const [n, d] = fraction(axis, from);
    return { denominator: 2 * n, at: (index) => (2 * index + 1) * d - n };
  },
  pytorch_half_pixel: (axis, from) => (axis.size > 1 ? modes.half_pixel!(axis, from) : { denominator: 1, at: () => 0 }),
  align_corners: ({ size }, from) => ({ denominator: Math.max(size - 1, 1), at: (index) => index * (from - 1) }),
};

/** The interpolation of an axis of `from` elements; undefined for a coordinate_transformation_mode that is not known. */
export function interpolation(mode: string, axis: ResampledAxis, from: number): Interpolation | undefined {
  const positions = named(modes, mode)?.(axis, from);
  if (!positions) return undefined;
  const { denominator } = positions;
  // Beyond the first and the last element there is nothing to interpolate with.
  const places = Array.from({ length: axis.size }, (_, index) =>
    Math.min(Math.max(positions.at(index), 0), (from - 1) * denominator),
  );
  const common = places.reduce(greatestCommonDivisor, denominator);
  return {
    lows: places.map((place) => Math.floor(place / denominator)),
    weights: places.map((place) => (place % denominator) / common),
    denominator: denominator / common,
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
