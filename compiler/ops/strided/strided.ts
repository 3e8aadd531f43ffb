/** A strided copy of codes: slices, repetitions, and exchanges between channels and space. */
import { elementCount } from "../../ir/index.js";
import type { Range, Shape } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import { inversePermutation, mergedOrder, sourceIndices, stridedForm, transposeOrder } from "../order.js";
import { c } from "./strided.c.js";
import { onnx } from "./strided.onnx.js";
import type { StridedAttributes, StridedGraphAttributes } from "./strided.types.js";
import { verilog } from "./strided.verilog.js";

export default {
  name: "strided",
  onnx,
  movesCodes: true,
  inferShape: ({ attributes }) => attributes.shape,

  lower({ inputs: [x], output, attributes }, { ranges }) {
    const order = mergedOrder(attributes);
    return { attributes: order, ranges: movedRanges(order, x!.shape, output.shape, ranges(x!)) };
  },

  permuted({ inputs: [x], output, attributes }, permutation) {
    if (x!.shape.length !== output.shape.length) return undefined;
    const stored = permutation.map((axis) => x!.shape[axis]!);
    const placeOf = transposeOrder(stored, inversePermutation(permutation));
    const source = sourceIndices(attributes);
    const form = stridedForm(transposeOrder(output.shape, permutation).map((k) => placeOf[source[k]!]!));
    return form && { shape: permutation.map((axis) => output.shape[axis]!), ...form };
  },

  evaluate: ({ attributes }, [x]) => sourceIndices(attributes).map((at) => x![at]!),
  view({ attributes }) {
    const { dims, strides, offset } = mergedOrder(attributes);
    return dims.length === 0 || (dims.length === 1 && strides[0] === 1) ? offset : undefined;
  },

  macs: () => 0,
  weightBytes: () => 0,
  print: ({ dims, strides, offset }) => `dims=${dims.join("x")} strides=${strides.join(",")} offset=${offset}`,
  c,
  verilog,
} satisfies OpHome<StridedGraphAttributes, StridedAttributes>;

/** Ranges of the output's channels: each joins those of the channels its elements come from. */
export function movedRanges(
  order: StridedAttributes,
  from: Shape,
  to: Shape,
  ranges: readonly Range[],
): readonly Range[] {
  if (ranges.length === 1) return ranges;
  const channels = to.at(-1) ?? 1;
  const sources = from.at(-1) ?? 1;
  const joined: (Range | undefined)[] = new Array(channels).fill(undefined);
  const source = sourceIndices(order);
  for (let k = 0; k < elementCount(to); k++) {
    const { lo, hi } = ranges[source[k]! % sources]!;
    const known = joined[k % channels];
    joined[k % channels] = known ? { lo: Math.min(known.lo, lo), hi: Math.max(known.hi, hi) } : { lo, hi };
  }
  return joined as Range[];
}
