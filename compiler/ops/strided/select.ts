/** Choosing positions along axes: the common form of Slice, Split, Gather, Tile, Expand and nearest Resize. */
import type { Move } from "../../import/rules.js";
import type { Shape } from "../../ir/types.js";
import { rowMajorStrides, stridedForm } from "../order.js";
import type { StridedGraphAttributes } from "./strided.types.js";

/** Input positions by axis, in the order of the output's; axes without an entry stay whole. */
export type Positions = ReadonlyMap<number, readonly number[]>;

/**
 * The movement that makes `positions` of a tensor of `shape`: none where all stay as they are; undefined where the
 * positions along some axis are no strided order.
 */
export function selection(name: string, shape: Shape, positions: Positions): readonly Move[] | undefined {
  const steps = rowMajorStrides(shape);
  const dims: number[] = [];
  const strides: number[] = [];
  let offset = 0;
  let whole = true;
  for (const [axis, size] of shape.entries()) {
    const own = positions.get(axis);
    const all = own === undefined || (own.length === size && own.every((at, i) => at === i));
    whole &&= all;
    const form = all ? { dims: [size], strides: [1], offset: 0 } : stridedForm(Int32Array.from(own));
    if (!form) return undefined;
    dims.push(...form.dims);
    strides.push(...form.strides.map((stride) => stride * steps[axis]!));
    offset += form.offset * steps[axis]!;
  }
  if (whole) return [];
  const result = shape.map((size, axis) => positions.get(axis)?.length ?? size);
  return [
    { op: "strided", name, attributes: { shape: result, dims, strides, offset } satisfies StridedGraphAttributes },
  ];
}
