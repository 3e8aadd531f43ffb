/** Where a movement puts the axis along which a constant's scales differ. */
import { elementCount, type Shape } from "../../ir/types.js";
import type { OnnxNode, OnnxTensor } from "../onnx.js";
import { int32Type } from "../tensor-data.js";
import { foldNode } from "./fold-node.js";

/**
 * The axis of the moved constant whose index is that of `axis` before, found by moving the indices themselves; undefined
 * when no axis holds them, as behind a Reshape that joins it with another.
 */
export function movedAxis(
  node: OnnxNode,
  shape: Shape,
  axis: number,
  others: readonly (OnnxTensor | undefined)[],
  limit: number,
): number | undefined {
  const indices = Int32Array.from({ length: elementCount(shape) }, indexAlong(shape, axis));
  const labels: OnnxTensor = { name: node.name, dataType: int32Type, dims: shape, values: indices };
  const [moved] = foldNode(node, [labels, ...others], limit) ?? [];
  const found = moved?.dims.findIndex((dim, candidate) => {
    const index = indexAlong(moved.dims, candidate);
    return dim === shape[axis] && Array.from(moved.values).every((label, k) => label === index(0, k));
  });
  return found === undefined || found < 0 ? undefined : found;
}

function indexAlong(shape: Shape, axis: number): (_: unknown, k: number) => number {
  const inner = elementCount(shape.slice(axis + 1));
  return (_, k) => Math.floor(k / inner) % shape[axis]!;
}
