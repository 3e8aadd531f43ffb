/** channel-table as a qc_channel_table stage. */
import { packWord } from "../../../targets/verilog/bits.js";
import { byteTable, elementwiseFlow, elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import type { ChannelTableAttributes } from "./channel-table.types.js";

export const verilog: VerilogLowering<ChannelTableAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage({ attributes: { values, low } }) {
    const channels = values.length / 256;
    const words = Array.from({ length: channels }, (_, channel) =>
      byteTable(values.subarray(channel * 256, (channel + 1) * 256), low).map((value) =>
        packWord([{ value: BigInt(value), bits: 8 }]),
      ),
    );
    return {
      module: "qc_channel_table",
      parameters: { CHANNELS: channels },
      memories: [{ parameter: "TABLE_FILE", width: 8, words: words.flat() }],
      ...elementwiseFlow,
    };
  },
};
