/** Shapes of graph inputs: symbolic dimensions become numbers. */
import { fail } from "../diagnostics.js";
import { elementCount, maximumElements, type Shape } from "../ir/types.js";
import type { OnnxValue } from "./onnx.js";
import { maximumRank } from "./tensor-data.js";

/** The sizes given for symbolic dimensions. Throws QC6001 for a size that is none and for a name that no graph input has. */
export function pinnedDims(
  dims: Readonly<Record<string, number>> = {},
  inputs: readonly OnnxValue[],
): ReadonlyMap<string, number> {
  const symbols = new Set(inputs.flatMap((input) => input.dims?.filter((dim) => typeof dim === "string") ?? []));
  const pinned = new Map(Object.entries(dims));
  for (const [name, size] of pinned) {
    if (!symbols.has(name)) {
      const known = symbols.size === 0 ? "the model has none" : `expected ${[...symbols].join(", ")}`;
      fail("QC6001", `--dim ${name}: no graph input has this symbolic dimension; ${known}.`);
    }
    if (!Number.isSafeInteger(size) || size < 1)
      fail("QC6001", `--dim ${name}=${size}: expected a positive whole number.`);
  }
  return pinned;
}

/** The shape of a graph input; a batch that is not fixed is 1. Throws QC1004 for any other dimension without a size. */
export function inputShape({ name, dims }: OnnxValue, pinned: ReadonlyMap<string, number>): Shape {
  if (!dims) return fail("QC1004", "the graph input has no shape. Export with a shape.", name);
  if (dims.length > maximumRank) fail("QC1004", `got ${dims.length} axes; expected at most ${maximumRank}.`, name);
  const shape = dims.map((dim, axis) => {
    const size = typeof dim === "string" ? pinned.get(dim) : dim;
    if (size !== undefined && size > 0) return size;
    if (axis === 0) return 1;
    return fail(
      "QC1004",
      typeof dim === "string"
        ? `dimension ${axis} is '${dim}'. Give its size with --dim ${dim}=<size>, or export with fixed dimensions.`
        : `dimension ${axis} is ${dim}; expected a positive number. Export with fixed dimensions.`,
      name,
    );
  });
  if (elementCount(shape) > maximumElements) fail("QC1004", `shape [${shape}] has more than 2^22 elements.`, name);
  return shape;
}
