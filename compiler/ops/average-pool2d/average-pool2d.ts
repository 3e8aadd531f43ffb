/** 2-D average pooling: the division by the number of taps is part of the staircase. */
import { exact } from "../../arith/definitions/exact.js";
import type { Numerics } from "../../arith/numerics.js";
import { divide, fromFloat, multiply, rational } from "../../arith/rational.js";
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import { evaluateStaircase } from "../../arith/staircase.js";
import { type GraphNode, scaleOf, zeroPointOf } from "../../ir/index.js";
import { type Range, typeRange } from "../../ir/types.js";
import type { LowerContext, OpHome } from "../op.js";
import { sumStaircase } from "../product.js";
import { windowColumns, windowRows } from "../rows.js";
import { requirePerTensor } from "../weights.js";
import { isPadded, printWindow, tapsInside, windowShape } from "../window.js";
import { c, sumsRows } from "./average-pool2d.c.js";
import {
  type AveragePool2dGraphAttributes,
  readAveragePool,
  readGlobalAveragePool,
  readQLinearAveragePool,
  readQLinearGlobalAveragePool,
  readReduceMean,
  readReduceSum,
} from "./average-pool2d.onnx.js";
import type { AveragePool2dAttributes } from "./average-pool2d.types.js";
import { verilog } from "./average-pool2d.verilog.js";

export default {
  name: "average-pool2d",
  onnx: {
    AveragePool: readAveragePool,
    GlobalAveragePool: readGlobalAveragePool,
    QLinearAveragePool: readQLinearAveragePool,
    QLinearGlobalAveragePool: readQLinearGlobalAveragePool,
    ReduceMean: readReduceMean,
    ReduceSum: readReduceSum,
  },

  post: true,
  /** A sum has the unit of its terms; an average has none. */
  unit({ inputs: [x], attributes: { sum, kernel } }) {
    if (!sum) return undefined;
    const { lo, hi } = typeRange(x!.type);
    const taps = kernel[0] * kernel[1];
    return { scale: scaleOf(x!), lo: taps * (lo - zeroPointOf(x!)), hi: taps * (hi - zeroPointOf(x!)) };
  },

  /** An average lies between its terms; a padded term is 0, whose code the type has. */
  reach({ inputs: [x], attributes: { sum, kernel } }) {
    const { lo, hi } = typeRange(x!.type);
    const factor = scaleOf(x!) * (sum ? kernel[0] * kernel[1] : 1);
    return { min: factor * (lo - zeroPointOf(x!)), max: factor * (hi - zeroPointOf(x!)) };
  },

  inferShape({ inputs: [x], attributes }) {
    const [, height, width, channels] = x!.shape as [number, number, number, number];
    return [1, ...windowShape(attributes, height, width, x!.name), channels];
  },

  lower(node, context) {
    const { numerics, ranges, note } = context;
    const x = node.inputs[0]!;
    requirePerTensor(x, node.name);
    const { includePad, mean = false, sum = false, ...window } = node.attributes;
    const taps = window.kernel[0] * window.kernel[1];
    const [, height, width] = x.shape as [number, number, number, number];
    const [, rows, columns] = node.output.shape as [number, number, number, number];
    // A sum is the average at a scale as many times as large: exact as a double.
    const input = { scale: scaleOf(x) * (sum ? taps : 1), zeroPoint: zeroPointOf(x) };
    const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
    const clamp = numerics.clampCodes(node.clamp, output, node.output.type);
    const inputRanges = ranges(x);
    // A padded tap contributes the zero point, whether or not ranges reach it.
    const widen = (range: Range): Range =>
      includePad && isPadded(window)
        ? { lo: Math.min(range.lo, input.zeroPoint), hi: Math.max(range.hi, input.zeroPoint) }
        : range;
    const joined = widen({
      lo: Math.min(...inputRanges.map((r) => r.lo)),
      hi: Math.max(...inputRanges.map((r) => r.hi)),
    });
    const counts = new Set<number>();
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      counts.add(
        includePad ? taps : tapsInside(window, height, width, Math.floor(pixel / columns), pixel % columns).length,
      );
    }
    const byCount = [...counts]
      .sort((a, b) => a - b)
      .map((count) => {
        const reachable = { lo: count * joined.lo, hi: count * joined.hi };
        if (node.post !== undefined)
          return { count, requantize: behindAverage(node, context, count, clamp, reachable) };
        const { staircase, fallback } = (sum ? sumNumerics(numerics) : numerics).averagePool({
          input,
          output,
          count,
          global: !isPadded(window) && window.kernel[0] === height && window.kernel[1] === width,
          mean,
          clamp,
          sum: reachable,
        });
        if (fallback) note("QC3003", `${fallback}; exact arithmetic is used for '${node.name}'`);
        return { count, requantize: { channels: [staircase], zeroPoint: output.zeroPoint, clamp } };
      });
    const attributes: AveragePool2dAttributes = { ...window, includePad, padValue: input.zeroPoint, byCount };
    const outputRanges = inputRanges.map(widen).map((range) => {
      const ends = byCount.map(({ count, requantize }) => ({
        lo: evaluateStaircase(requantize.channels[0]!, count * range.lo),
        hi: evaluateStaircase(requantize.channels[0]!, count * range.hi),
      }));
      return { lo: Math.min(...ends.map((e) => e.lo)), hi: Math.max(...ends.map((e) => e.hi)) };
    });
    return { attributes, ranges: outputRanges };
  },

  evaluate({ inputs: [input], output, attributes }, [x]) {
    const [, height, width, channels] = input!.shape as [number, number, number, number];
    const [, rows, columns] = output.shape as [number, number, number, number];
    const taps = attributes.kernel[0] * attributes.kernel[1];
    const y = new Int32Array(rows * columns * channels);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      const inside = tapsInside(attributes, height, width, Math.floor(pixel / columns), pixel % columns);
      const outside = attributes.includePad ? taps - inside.length : 0;
      const count = inside.length + outside;
      const { requantize } = attributes.byCount.find((entry) => entry.count === count)!;
      for (let channel = 0; channel < channels; channel++) {
        let sum = outside * attributes.padValue;
        for (const { position } of inside) sum += x![position * channels + channel]!;
        y[pixel * channels + channel] = evaluateStaircase(requantize.channels[0]!, sum);
      }
    }
    return y;
  },

  channelwise: true,
  macs: () => 0,
  weightBytes: () => 0,
  requantize: ({ byCount }) => byCount.at(-1)!.requantize,
  rows: windowRows(),
  columns: windowColumns(),
  sumsRows,
  print: (attributes) =>
    `${printWindow(attributes)} counts=${attributes.byCount.map((entry) => entry.count).join(",")}`,
  c,
  verilog,
} satisfies OpHome<AveragePool2dGraphAttributes, AveragePool2dAttributes>;

/** A function of the average (or of the sum) of `count` codes, as a staircase of the sum of the codes. */
function behindAverage(
  node: GraphNode<AveragePool2dGraphAttributes>,
  context: LowerContext,
  count: number,
  clamp: Range,
  reachable: Range,
): RequantizeLayer {
  const x = node.inputs[0]!;
  const scale = fromFloat(scaleOf(x));
  const unit = node.attributes.sum ? scale : divide(scale, rational(BigInt(count)));
  const delta = multiply(unit, rational(BigInt(-count * zeroPointOf(x))));
  const staircase = sumStaircase(node, context, unit, clamp, reachable, delta);
  return { channels: [staircase], zeroPoint: zeroPointOf(node.output), clamp };
}

/** Only the standard defines a sum on integers. */
function sumNumerics(numerics: Numerics): Pick<Numerics, "averagePool"> {
  const fallback = numerics === exact ? {} : { fallback: `${numerics.name} has no integer definition of ReduceSum` };
  return { averagePool: (spec) => ({ ...exact.averagePool(spec), ...fallback }) };
}
