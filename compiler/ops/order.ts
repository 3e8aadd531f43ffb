/** Element orders: where a permuted tensor finds its elements. */
import { type Shape, elementCount } from "../ir/types.js";

/** `order[k]` is the row-major index, in a tensor of `shape`, of element k of its transposition. */
export function transposeOrder(shape: Shape, permutation: readonly number[]): Int32Array {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const dims = permutation.map((axis) => shape[axis]!);
  const steps = permutation.map((axis) => strides[axis]!);
  const order = new Int32Array(elementCount(shape));
  const index = dims.map(() => 0);
  let at = 0;
  for (let k = 0; k < order.length; k++) {
    order[k] = at;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      at -= steps[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return order;
}

export function isIdentityOrder(order: Int32Array): boolean {
  return order.every((at, k) => at === k);
}
