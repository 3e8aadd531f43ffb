/** Element orders: where a moved tensor finds its elements. */
import { elementCount, type Shape } from "../ir/types.js";

/** Element k of a result, k counted in the mixed radix `dims`, is element offset + sum of digit * stride of its source. */
export interface StridedOrder {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Distance of neighbours along each axis of a row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

/** The source index of every element of the result. */
export function sourceIndices({ dims, strides, offset }: StridedOrder): Int32Array {
  const order = new Int32Array(elementCount(dims));
  const index = dims.map(() => 0);
  let at = offset;
  for (let k = 0; k < order.length; k++) {
    order[k] = at;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      at -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return order;
}

/** Fewest digits that state the same order: digits of one value vanish, neighbours that form one run become one. */
export function mergedOrder({ dims, strides, offset }: StridedOrder): StridedOrder {
  const merged: { size: number; stride: number }[] = [];
  dims.forEach((size, axis) => {
    if (size === 1) return;
    const stride = strides[axis]!;
    const outer = merged.at(-1);
    if (outer && outer.stride === stride * size) merged[merged.length - 1] = { size: outer.size * size, stride };
    else merged.push({ size, stride });
  });
  return { dims: merged.map(({ size }) => size), strides: merged.map(({ stride }) => stride), offset };
}

/**
 * The strided form of a list of source indices, with the fewest digits; undefined when it has none. The longest run of one
 * step from the start must be the innermost digit: a longer run can only join whole digits that belong together.
 */
export function stridedForm(order: Int32Array): StridedOrder | undefined {
  const dims: number[] = [];
  const strides: number[] = [];
  let heads = order;
  while (heads.length > 1) {
    const step = heads[1]! - heads[0]!;
    let run = 2;
    while (run < heads.length && heads[run]! - heads[run - 1]! === step) run++;
    if (heads.length % run !== 0) return undefined;
    for (let k = 0; k < heads.length; k++) if (k % run !== 0 && heads[k]! - heads[k - 1]! !== step) return undefined;
    dims.unshift(run);
    strides.unshift(step);
    const length = run;
    heads = Int32Array.from({ length: heads.length / length }, (_, k) => heads[k * length]!);
  }
  return { dims, strides, offset: order[0]! };
}

/** A permutation of axes as a strided order. */
export function permutedOrder(shape: Shape, permutation: readonly number[]): StridedOrder {
  const strides = rowMajorStrides(shape);
  return {
    dims: permutation.map((axis) => shape[axis]!),
    strides: permutation.map((axis) => strides[axis]!),
    offset: 0,
  };
}

/** `order[k]` is the row-major index, in a tensor of `shape`, of element k of its transposition. */
export function transposeOrder(shape: Shape, permutation: readonly number[]): Int32Array {
  return sourceIndices(permutedOrder(shape, permutation));
}

/** The permutation that undoes one. */
export function inversePermutation(permutation: readonly number[]): number[] {
  const inverse = new Array<number>(permutation.length);
  permutation.forEach((from, to) => {
    inverse[from] = to;
  });
  return inverse;
}

/** Whether every element stays where it is. */
export function isIdentityOrder(order: Int32Array): boolean {
  return order.every((at, k) => at === k);
}
