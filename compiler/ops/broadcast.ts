/** ONNX multidirectional broadcasting of shapes. */
import type { Shape } from "../ir/types.js";

/** The shape both broadcast to, axes aligned from the last; undefined where they do not. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, axis: number) => shape[axis - (rank - shape.length)] ?? 1;
  const dims = Array.from({ length: rank }, (_, axis) => [at(a, axis), at(b, axis)] as const);
  if (dims.some(([x, y]) => x !== y && x !== 1 && y !== 1)) return undefined;
  return dims.map(([x, y]) => (x === 1 ? y : x));
}
