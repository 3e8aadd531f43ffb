/** A table of codes per channel in C (qc_channel_table.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { byByte, requireBytes } from "../../../targets/c/tensors.js";
import { elementCount } from "../../ir/index.js";
import type { ChannelTableAttributes } from "./channel-table.types.js";

export const c: CLowering<ChannelTableAttributes> = (node, context) => {
  requireBytes(node);
  const { values, low } = node.attributes;
  const channels = values.length / 256;
  const bytes = Array.from({ length: channels }, (_, channel) =>
    byByte(values.subarray(channel * 256, (channel + 1) * 256), low),
  );
  const table = context.constant(
    "values",
    "uint8_t",
    bytes.flat().map((value) => value & 255),
  );
  const pixels = elementCount(node.output.shape) / channels;
  context.include("qc_channel_table.h");
  context.statement(`qc_channel_table(${context.input(0)}, ${context.output}, ${pixels}, ${channels}, ${table});`);
};
