/** Choosing positions along axes: the common form of Slice, Split, Gather, Tile, Expand and nearest Resize. */
import { fail } from "../../diagnostics.js";
import type { Move } from "../../import/rules.js";
import { maximumElements, type Shape } from "../../ir/types.js";
import { gather } from "../gather/gather.onnx.js";
import { rowMajorStrides, stridedForm } from "../order.js";
import type { StridedGraphAttributes } from "./strided.types.js";

/** Input positions by axis, in the order of the output's; axes without an entry stay whole. */
export type Positions = ReadonlyMap<number, readonly number[]>;

/**
 * The movements that make `positions` of a tensor of `shape`: none where all stay as they are; one list per axis whose
 * positions follow no strided order, and one strided copy for all others.
 */
export function selection(name: string, shape: Shape, positions: Positions): readonly Move[] {
  const lists: Move[] = [];
  const current = [...shape];
  const regular = new Map<number, readonly number[]>();
  for (const [axis, own] of positions) {
    if (stridedForm(Int32Array.from(own))) regular.set(axis, own);
    else {
      lists.push(gather(name, axis, own));
      current[axis] = own.length;
    }
  }
  return [...lists, ...stridedSelection(name, current, regular)];
}

function stridedSelection(name: string, shape: Shape, positions: Positions): readonly Move[] {
  const steps = rowMajorStrides(shape);
  const dims: number[] = [];
  const strides: number[] = [];
  let offset = 0;
  let whole = true;
  for (const [axis, size] of shape.entries()) {
    const own = positions.get(axis);
    const all = own === undefined || (own.length === size && own.every((at, i) => at === i));
    whole &&= all;
    const form = all ? { dims: [size], strides: [1], offset: 0 } : stridedForm(Int32Array.from(own))!;
    dims.push(...form.dims);
    strides.push(...form.strides.map((stride) => stride * steps[axis]!));
    offset += form.offset * steps[axis]!;
  }
  if (whole) return [];
  const result = shape.map((size, axis) => positions.get(axis)?.length ?? size);
  const attributes: StridedGraphAttributes = { shape: result, dims, strides, offset };
  return [{ op: "strided", name, attributes }];
}

/** Positions in even steps. Throws QC2005 for more than a tensor may have. */
export function range(count: number, first = 0, step = 1): number[] {
  if (count > maximumElements) fail("QC2005", `${count} positions along an axis; expected at most 2^22.`);
  return Array.from({ length: count }, (_, i) => first + i * step);
}

/** The movements that repeat a tensor of `shape` to the shape `full` that it broadcasts to. */
export function expansion(name: string, shape: Shape, full: Shape): readonly Move[] {
  const from: Shape = [...new Array<number>(full.length - shape.length).fill(1), ...shape];
  const view: Move[] = from.length === shape.length ? [] : [{ op: "reshape", name, attributes: { shape: from } }];
  const repeated = full.flatMap((size, axis) => (from[axis] === size ? [] : [[axis, range(size, 0, 0)] as const]));
  return [...view, ...selection(name, from, new Map(repeated))];
}
