/** 2-D convolution with constant weights, general groups; depthwise is groups = channels. */
import { evaluateStaircase } from "../../arith/staircase.js";
import { zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { lowerProducts, productReach, productUnit } from "../product.js";
import { printRequantize, rangesOf } from "../requantize.js";
import { windowColumns, windowRows } from "../rows.js";
import { biasCodes, requirePerTensor, requireScaleAxis, type Weights, weightBytes, weightCodes } from "../weights.js";
import { isPadded, printWindow, tapsInside, windowShape } from "../window.js";
import { readConvTranspose } from "./conv-transpose.onnx.js";
import { c, forSpeed, scratchBytes } from "./conv2d.c.js";
import { channels } from "./conv2d.channels.js";
import { type Conv2dGraphAttributes, readConv, readConvInteger, readQLinearConv } from "./conv2d.onnx.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import { verilog } from "./conv2d.verilog.js";
import { lessScratch, overwritesRows } from "./conv2d-scratch.js";

export default {
  name: "conv2d",
  onnx: {
    Conv: readConv,
    ConvInteger: readConvInteger,
    ConvTranspose: readConvTranspose,
    QLinearConv: readQLinearConv,
  },

  inferShape({ inputs: [x, weights], attributes }) {
    const [rows, columns] = windowShape(attributes, x!.shape[1]!, x!.shape[2]!, x!.name);
    return [1, rows, columns, weights!.shape[0]!];
  },

  /** Pads stay narrower than the kernel: the Verilog window begins a frame with a window that has an input. */
  absorbBorder(node, input, border) {
    const [batch, top, left, front, batchEnd, bottom, right, back] = border;
    const { pads, kernel, dilations } = node.attributes;
    const sum = [pads[0] + top!, pads[1] + left!, pads[2] + bottom!, pads[3] + right!] as const;
    const wide = sum.some((pad, side) => pad > (kernel[side % 2]! - 1) * dilations[side % 2]!);
    if (batch! + batchEnd! + front! + back! > 0 || wide) return undefined;
    return { ...node, inputs: [input, ...node.inputs.slice(1)], attributes: { ...node.attributes, pads: sum } };
  },

  /** Sums of products of codes: whole multiples of the product of both scales. */
  unit: productUnit,
  reach: ({ inputs }) => productReach(inputs, 0),
  post: true,
  lower(node, context) {
    const { ranges } = context;
    const [x, weights, bias] = node.inputs;
    const { groups, ...window } = node.attributes;
    const [outputs, perGroup, height, width] = weights!.shape as [number, number, number, number];
    requirePerTensor(x!, node.name);
    requireScaleAxis(weights!, 0, node.name);
    const taps = perGroup * height * width;
    const codes = channelsLastWeights(
      weightCodes(weights!, (k) => Math.floor(k / taps), node.name),
      weights!.shape,
    );
    const inputRanges = ranges(x!);
    const lowered = lowerProducts(node, context, {
      dense: false,
      weights: codes,
      biases: biasCodes(bias, outputs, node.name),
      rangeOf: (o, k) => {
        const firstChannel = Math.floor((o * groups) / outputs) * perGroup;
        return inputRanges[inputRanges.length === 1 ? 0 : firstChannel + (k % perGroup)]!;
      },
      padded: isPadded(window),
    });
    return {
      attributes: { ...window, groups, inputZeroPoint: zeroPointOf(x!), ...lowered },
      ranges: rangesOf(lowered.requantize),
    };
  },

  evaluate({ inputs: [input], output, attributes }, [x]) {
    const { groups, inputZeroPoint, weights, bias, requantize } = attributes;
    const [, height, width, channels] = input!.shape as [number, number, number, number];
    const [, rows, columns, outputs] = output.shape as [number, number, number, number];
    const perGroup = channels / groups;
    const taps = attributes.kernel[0] * attributes.kernel[1] * perGroup;
    const y = new Int32Array(rows * columns * outputs);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      const inside = tapsInside(attributes, height, width, Math.floor(pixel / columns), pixel % columns);
      for (let o = 0; o < outputs; o++) {
        const firstChannel = Math.floor((o * groups) / outputs) * perGroup;
        let acc = bias[o]!;
        for (const { tap, position } of inside) {
          const at = position * channels + firstChannel;
          const w = o * taps + tap * perGroup;
          for (let i = 0; i < perGroup; i++) acc += (x![at + i]! - inputZeroPoint) * weights[w + i]!;
        }
        y[pixel * outputs + o] = evaluateStaircase(requantize.channels[o]!, acc);
      }
    }
    return y;
  },

  macs({ output, attributes }) {
    const [, rows, columns] = output.shape;
    return rows! * columns! * attributes.weights.length;
  },
  weightBytes: ({ attributes }) => weightBytes(attributes),
  scratchBytes,
  lessScratch,
  forSpeed,
  requantize: (attributes) => attributes.requantize,
  channels,
  /** Two rows make a tile of Winograd's: single rows go without. */
  rows: {
    ...windowRows<Conv2dAttributes>(),
    part: (node, rows) => ({ ...windowRows<Conv2dAttributes>().part(node, rows), winograd: false }),
  },
  overwritesRows,
  columns: windowColumns(),
  print: (attributes) =>
    `${printWindow(attributes)} groups=${attributes.groups} ${printRequantize(attributes.requantize)}`,
  c,
  verilog,
} satisfies OpHome<Conv2dGraphAttributes, Conv2dAttributes>;

/** [O, I, kh, kw] to [O, kh, kw, I]. */
function channelsLastWeights(codes: Weights, shape: readonly number[]): Weights {
  const [outputs, inputs, height, width] = shape as [number, number, number, number];
  const moved = codes.slice();
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let tap = 0; tap < height * width; tap++)
        moved[(o * height * width + tap) * inputs + i] = codes[(o * inputs + i) * height * width + tap]!;
  return moved;
}
