/** Tensors of one quantization joined along an axis; other quantizations pass a table first (import/read-graph.ts). */
import { channelRange, elementCount } from "../../ir/index.js";
import type { IntegerTensor } from "../../ir/integer-graph.js";
import type { Shape } from "../../ir/types.js";
import type { ChannelStructure, OpHome } from "../op.js";
import { elementwiseParts, imageRows, type PartStructure } from "../rows.js";
import { c } from "./concat.c.js";
import { readConcat, readQLinearConcat } from "./concat.onnx.js";
import type { ConcatAttributes } from "./concat.types.js";
import { verilog } from "./concat.verilog.js";
import { runsOf } from "./runs.js";

const channelsOf = ({ shape }: { shape: Shape }) => shape.at(-1)!;

/** Joined along the channels, each input owns a part of them; else channel c is made of channel c of every input. */
const channels: ChannelStructure<ConcatAttributes> = {
  needed({ inputs, attributes: { axis }, output }, needed) {
    if (axis !== output.shape.length - 1) return inputs.map(() => [...needed]);
    return inputs.map((input, i) => needed.slice(before(inputs, i), before(inputs, i) + channelsOf(input)));
  },
  bound({ inputs, attributes: { axis }, output }, needed) {
    if (axis === output.shape.length - 1) return inputs.flatMap((_, i) => needed[i]!);
    return needed[0]!.map((_, channel) => needed.some((flags) => flags[channel]!));
  },
  keep: ({ attributes }) => attributes,
};

function before(inputs: readonly IntegerTensor[], index: number): number {
  return inputs.slice(0, index).reduce((sum, input) => sum + channelsOf(input), 0);
}

/** Joined along the channels, rows join to rows, and columns to columns. */
const alongChannels: PartStructure<ConcatAttributes> = {
  ...elementwiseParts,
  applies: ({ output, attributes: { axis } }) => imageRows(output) !== undefined && axis === 3,
};

export default {
  name: "concat",
  onnx: { Concat: readConcat, QLinearConcat: readQLinearConcat },

  inferShape: ({ inputs, attributes: { axis } }) =>
    inputs[0]!.shape.map((dim, i) => (i === axis ? inputs.reduce((sum, { shape }) => sum + shape[i]!, 0) : dim)),

  lower({ inputs, output, attributes }, { ranges }) {
    const parts = inputs.map((tensor) => ({ ...tensor, id: 0, ranges: ranges(tensor) }));
    const whole = inputs.map((input, i) =>
      Array.from({ length: channelsOf(input) }, (_, channel) => channelRange(parts[i]!, channel)),
    );
    if (attributes.axis === output.shape.length - 1) return { attributes, ranges: whole.flat() };
    const joined = whole[0]!.map((_, channel) => ({
      lo: Math.min(...whole.map((list) => list[channel]!.lo)),
      hi: Math.max(...whole.map((list) => list[channel]!.hi)),
    }));
    return { attributes, ranges: joined };
  },

  permuted: ({ attributes: { axis } }, permutation) => ({ axis: permutation.indexOf(axis) }),

  evaluate({ inputs, output, attributes: { axis } }, values) {
    const runs = runsOf(inputs, axis);
    const y = new Int32Array(elementCount(output.shape));
    let at = 0;
    for (let turn = 0; at < y.length; turn++) {
      values.forEach((x, i) => {
        y.set(x.subarray(turn * runs[i]!, (turn + 1) * runs[i]!), at);
        at += runs[i]!;
      });
    }
    return y;
  },

  joins: ({ inputs, output, attributes: { axis } }, index) =>
    elementCount(output.shape.slice(0, axis)) === 1
      ? runsOf(inputs.slice(0, index), axis).reduce((sum, run) => sum + run, 0)
      : undefined,

  rows: alongChannels,
  columns: alongChannels,
  macs: () => 0,
  weightBytes: () => 0,
  channels,
  print: ({ axis }) => `axis=${axis}`,
  c,
  verilog,
} satisfies OpHome<ConcatAttributes, ConcatAttributes>;
