/** A function of one code as a 256-entry table: requantization, Relu and Clip between two quantizations. */
import { scaleOf, typeRange, zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./table.c.js";
import { readClip, readRelu } from "./table.onnx.js";
import type { TableAttributes } from "./table.types.js";
import { verilog } from "./table.verilog.js";

export default {
  name: "table",
  onnx: { Relu: readRelu, Clip: readClip },
  elementwise: true,
  channelwise: true,
  inferShape: ({ inputs: [x] }) => x!.shape,
  lower(node, { numerics, ranges }) {
    const x = node.inputs[0]!;
    requirePerTensor(x, node.name);
    const { lo, hi } = typeRange(x.type);
    const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
    const value = numerics.unary({
      input: { scale: scaleOf(x), zeroPoint: zeroPointOf(x) },
      output,
      clamp: numerics.clampCodes(node.clamp, output, node.output.type),
    });
    const values = Int16Array.from({ length: hi - lo + 1 }, (_, i) => value(lo + i));
    // The function is monotone, so a channel's range maps end to end.
    return {
      attributes: { low: lo, values },
      ranges: ranges(x).map((range) => ({ lo: values[range.lo - lo]!, hi: values[range.hi - lo]! })),
    };
  },
  evaluate: ({ attributes: { low, values } }, [x]) => x!.map((code) => values[code - low]!),
  inPlace: () => true,
  macs: () => 0,
  weightBytes: ({ attributes }) => attributes.values.length,
  print: ({ values }) => `values=${values[0]}..${values.at(-1)}`,
  c,
  verilog,
} satisfies OpHome<Record<string, never>, TableAttributes>;
