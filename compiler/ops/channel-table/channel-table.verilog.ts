/** channel-table as a qc_channel_table stage. */
import { elementwiseFlow, elementwiseFoldings, streamBits } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { addressed, requireTable, valueMemory } from "../../../targets/verilog/tables.js";
import type { ChannelTableAttributes } from "./channel-table.types.js";

export const verilog: VerilogLowering<ChannelTableAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { values, low } = node.attributes;
    const bits = streamBits(node);
    const channels = node.output.shape.at(-1)!;
    requireTable(node, bits.IN_BITS, channels);
    const size = values.length / channels;
    const words = Array.from({ length: channels }, (_, channel) =>
      addressed(values.subarray(channel * size, (channel + 1) * size), low, bits.IN_BITS),
    );
    return {
      module: "qc_channel_table",
      parameters: { ...bits, CHANNELS: channels },
      memories: [valueMemory("TABLE_FILE", words.flat(), bits.OUT_BITS)],
      ...elementwiseFlow,
    };
  },
};
