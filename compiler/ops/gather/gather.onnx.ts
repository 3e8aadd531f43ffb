/** Choices of positions that follow no strided order; ops/strided/select.ts makes them for every ONNX node that chooses. */
import type { Move } from "../../import/rules.js";
import type { GatherAttributes } from "./gather.types.js";

/** The movement to these positions of an axis. */
export function gather(name: string, axis: number, indices: readonly number[]): Move {
  return { op: "gather", name: `${name}_${axis}`, attributes: { axis, indices } satisfies GatherAttributes };
}
