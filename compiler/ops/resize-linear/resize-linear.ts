/** Linear interpolation of images: weights are exact fractions, so a result is an average of codes over a common denominator. */
import { exact } from "../../arith/definitions/exact.js";
import { evaluateStaircase } from "../../arith/staircase.js";
import { fail } from "../../diagnostics.js";
import { scaleOf, typeRange, zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { printRequantize } from "../requantize.js";
import { joined } from "../second-operand.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./resize-linear.c.js";
import { readResize, readUpsample } from "./resize-linear.onnx.js";
import type { Interpolation, ResizeLinearAttributes, ResizeLinearGraphAttributes } from "./resize-linear.types.js";
import { verilog } from "./resize-linear.verilog.js";

export default {
  name: "resize-linear",
  onnx: { Resize: readResize, Upsample: readUpsample },
  channelwise: true,

  inferShape: ({ inputs: [x], attributes: { rows, columns } }) => [
    1,
    rows.lows.length,
    columns.lows.length,
    x!.shape[3]!,
  ],

  lower(node, { numerics, ranges, note }) {
    const x = node.inputs[0]!;
    requirePerTensor(x, node.name);
    const { rows, columns } = node.attributes;
    const count = rows.denominator * columns.denominator;
    const { lo, hi } = typeRange(x.type);
    if (count * Math.max(-lo, hi) >= 2 ** 31) {
      fail(
        "QC3001",
        `positions in steps of 1/${rows.denominator} and 1/${columns.denominator} pixels make sums beyond 32 bits. Choose sizes that have larger common divisors.`,
        node.name,
      );
    }
    if (numerics !== exact)
      note("QC3003", `${numerics.name} has no integer definition of a linear Resize; exact is used.`);
    const input = { scale: scaleOf(x), zeroPoint: zeroPointOf(x) };
    const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
    const clamp = numerics.clampCodes(node.clamp, output, node.output.type);
    const codes = joined(ranges(x));
    const sum = { lo: count * codes.lo, hi: count * codes.hi };
    const { staircase } = exact.averagePool({ input, output, count, global: false, mean: false, clamp, sum });
    const at = (code: number) => evaluateStaircase(staircase, count * code);
    return {
      attributes: { rows, columns, requantize: { channels: [staircase], zeroPoint: output.zeroPoint, clamp } },
      ranges: ranges(x).map((range) => ({ lo: at(range.lo), hi: at(range.hi) })),
    };
  },

  evaluate({ inputs: [input], output, attributes: { rows, columns, requantize } }, [x]) {
    const [, , width, channels] = input!.shape as [number, number, number, number];
    const [, height, outWidth] = output.shape as [number, number, number];
    const y = new Int32Array(height * outWidth * channels);
    for (let k = 0; k < y.length; k++) {
      const pixel = Math.floor(k / channels);
      let sum = 0;
      for (const [row, weightY] of neighbours(rows, Math.floor(pixel / outWidth)))
        for (const [column, weightX] of neighbours(columns, pixel % outWidth))
          sum += weightY * weightX * x![(row * width + column) * channels + (k % channels)]!;
      y[k] = evaluateStaircase(requantize.channels[0]!, sum);
    }
    return y;
  },

  macs: ({ output }) => 4 * output.shape.reduce((product, dim) => product * dim, 1),
  weightBytes: ({ attributes: { rows, columns } }) => 8 * (rows.lows.length + columns.lows.length),
  requantize: (attributes) => attributes.requantize,
  print: ({ rows, columns, requantize }) =>
    `denominators=${rows.denominator}x${columns.denominator} ${printRequantize(requantize)}`,
  c,
  verilog,
} satisfies OpHome<ResizeLinearGraphAttributes, ResizeLinearAttributes>;

/** The one or two input positions around an output position, with their weights. */
function neighbours({ lows, weights, denominator }: Interpolation, index: number): [number, number][] {
  const [low, weight] = [lows[index]!, weights[index]!];
  return weight === 0
    ? [[low, denominator]]
    : [
        [low, denominator - weight],
        [low + 1, weight],
      ];
}
