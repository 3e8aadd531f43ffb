/** Codes at listed positions of one axis. */
import { elementCount } from "../../ir/index.js";
import type { Shape } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import { c } from "./gather.c.js";
import type { GatherAttributes } from "./gather.types.js";
import { verilog } from "./gather.verilog.js";

export default {
  name: "gather",
  onnx: {},
  movesCodes: true,
  inferShape: ({ inputs: [x], attributes }) => gatheredShape(x!.shape, attributes),

  lower({ inputs: [x], attributes }, context) {
    const ranges = context.ranges(x!);
    const { axis, indices } = attributes;
    const byChannel = axis === x!.shape.length - 1 && ranges.length > 1;
    return { attributes, ranges: byChannel ? indices.map((at) => ranges[at]!) : ranges };
  },

  permuted: ({ attributes: { axis, indices } }, permutation) => ({ axis: permutation.indexOf(axis), indices }),

  evaluate({ inputs: [input], output, attributes: { axis, indices } }, [x]) {
    const inner = elementCount(input!.shape.slice(axis + 1));
    const size = input!.shape[axis]!;
    return Int32Array.from({ length: elementCount(output.shape) }, (_, k) => {
      const position = Math.floor(k / inner);
      const outer = Math.floor(position / indices.length);
      return x![(outer * size + indices[position % indices.length]!) * inner + (k % inner)]!;
    });
  },

  macs: () => 0,
  weightBytes: ({ attributes: { indices } }) => 4 * indices.length,
  print: ({ axis, indices }) => `axis=${axis} indices=${indices.join(",")}`,
  c,
  verilog,
} satisfies OpHome<GatherAttributes, GatherAttributes>;

function gatheredShape(shape: Shape, { axis, indices }: GatherAttributes): Shape {
  return shape.map((dim, own) => (own === axis ? indices.length : dim));
}
