/** A table of codes per channel in C (qc_channel_table.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { byElement, kindOf } from "../../../targets/c/tensors.js";
import { elementCount } from "../../ir/index.js";
import { toBytes } from "../../verify/codes.js";
import type { ChannelTableAttributes } from "./channel-table.types.js";

export const c: CLowering<ChannelTableAttributes> = (node, context) => {
  const { inputs, output } = node;
  const x = inputs[0]!;
  const { values, low } = node.attributes;
  const channels = output.shape.at(-1) ?? 1;
  const codes = values.length / channels;
  const all = Array.from({ length: channels }, (_, channel) =>
    byElement(values.subarray(channel * codes, (channel + 1) * codes), low, x),
  );
  const table = context.constant("values", "uint8_t", toBytes(all.flat(), output));
  const kinds = `${kindOf(x)}, ${kindOf(output)}, ${low}, ${all[0]!.length}`;
  const pixels = elementCount(output.shape) / channels;
  context.include("qc_channel_table.h");
  context.statement(
    `qc_channel_table(${context.input(0)}, ${context.output}, ${pixels}, ${channels}, ${kinds}, ${table});`,
  );
};
