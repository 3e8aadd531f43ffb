/** Functions of one code that differ from channel to channel: BatchNormalization, PRelu, arithmetic with a constant per channel. */
import { ofChannel } from "../../arith/expression.js";
import { fail } from "../../diagnostics.js";
import { bytesPerElement, typeRange } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { elementwiseParts } from "../rows.js";
import { functionTable, tableRange } from "../table/function-table.js";
import { c } from "./channel-table.c.js";
import { readBatchNormalization } from "./channel-table.onnx.js";
import type { ChannelTableAttributes, ChannelTableGraphAttributes } from "./channel-table.types.js";
import { verilog } from "./channel-table.verilog.js";

/** A table takes 256 bytes: more channels are better served by a depthwise convolution. */
const mostChannels = 256;

export default {
  name: "channel-table",
  onnx: { BatchNormalization: readBatchNormalization },
  inferShape: ({ inputs: [x] }) => x!.shape,
  lower(node, context) {
    const x = node.inputs[0]!;
    const channels = x.shape.at(-1)!;
    if (channels > mostChannels) {
      fail(
        "QC2002",
        `got ${channels} channels with a function each; expected at most ${mostChannels}. Fold the constants into the convolution before.`,
        node.name,
      );
    }
    const low = typeRange(x.type).lo;
    const inputs = context.ranges(x);
    const rangeOf = (channel: number) => inputs[inputs.length === 1 ? 0 : channel]!;
    const { expression } = node.attributes;
    const tables = Array.from({ length: channels }, (_, channel) => {
      // What a family lacks it lacks for all channels: one note is enough.
      const own = channel === 0 ? context : { ...context, note: () => {} };
      return functionTable(node, ofChannel(expression, channel), [rangeOf(channel)], own);
    });
    const values = Int32Array.from(tables.flatMap((table) => [...table]));
    return {
      attributes: { low, values },
      ranges: tables.map((table, channel) => tableRange(table, low, rangeOf(channel))),
    };
  },
  evaluate: ({ inputs: [input], attributes: { low, values } }, [x]) => {
    const channels = input!.shape.at(-1)!;
    const codes = values.length / channels;
    return x!.map((code, i) => values[(i % channels) * codes + code - low]!);
  },
  inPlace: () => true,
  rows: elementwiseParts,
  columns: elementwiseParts,
  macs: () => 0,
  weightBytes: ({ attributes, output }) => attributes.values.length * bytesPerElement(output.type),
  channels: {
    needed: (_node, needed) => [[...needed]],
    bound: (_node, [x]) => [...x!],
    keep: ({ inputs: [x], attributes: { low, values } }, { output }) => {
      const codes = values.length / x!.shape.at(-1)!;
      const kept = output.flatMap((channel) => [...values.subarray(channel * codes, (channel + 1) * codes)]);
      return { low, values: Int32Array.from(kept) };
    },
  },
  print: ({ low, values }) => `low=${low} values=${values.length}`,
  c,
  verilog,
} satisfies OpHome<ChannelTableGraphAttributes, ChannelTableAttributes>;
