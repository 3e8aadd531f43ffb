/** The same codes under another shape (or another quantization): no code runs. */
import { typeRange } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import { c } from "./reshape.c.js";
import {
  type ReshapeGraphAttributes,
  readDropout,
  readFlatten,
  readIdentity,
  readReshape,
  readSqueeze,
  readUnsqueeze,
} from "./reshape.onnx.js";
import { verilog } from "./reshape.verilog.js";

export default {
  name: "reshape",
  onnx: {
    Reshape: readReshape,
    Flatten: readFlatten,
    Squeeze: readSqueeze,
    Unsqueeze: readUnsqueeze,
    Identity: readIdentity,
    Dropout: readDropout,
  },
  alias: true,
  movesCodes: true,
  inferShape: ({ attributes }) => attributes.shape,
  lower: (node, { ranges }) => ({
    attributes: {},
    ranges: reshapedRanges(node.inputs[0]!, node.output, ranges(node.inputs[0]!)),
  }),
  evaluate: (_node, [x]) => x!,
  macs: () => 0,
  weightBytes: () => 0,
  print: () => "",
  c,
  verilog,
} satisfies OpHome<ReshapeGraphAttributes, Record<string, never>>;

/**
 * Per-channel ranges survive when the last axis keeps its length, and when leading axes are 1 (a flattened 1x1 map);
 * otherwise all channels share the widest range.
 */
function reshapedRanges(
  input: { shape: readonly number[] },
  output: { shape: readonly number[]; type: { bits: number; signed: boolean } },
  ranges: readonly { lo: number; hi: number }[],
) {
  if (ranges.length === 1 || input.shape.at(-1) === output.shape.at(-1)) return ranges;
  const { lo, hi } = typeRange(output.type);
  return [
    { lo: Math.max(lo, Math.min(...ranges.map((r) => r.lo))), hi: Math.min(hi, Math.max(...ranges.map((r) => r.hi))) },
  ];
}
