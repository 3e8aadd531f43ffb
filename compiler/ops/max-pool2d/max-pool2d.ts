/** 2-D max (or min) pooling on codes: the scale is positive, so the largest code is the largest value. */
import type { OpHome } from "../op.js";
import { windowColumns, windowRows } from "../rows.js";
import { printWindow, tapsInside, windowShape } from "../window.js";
import { c } from "./max-pool2d.c.js";
import { readGlobalMaxPool, readMaxPool, readReduceMax, readReduceMin } from "./max-pool2d.onnx.js";
import type { MaxPool2dAttributes } from "./max-pool2d.types.js";
import { verilog } from "./max-pool2d.verilog.js";

export default {
  name: "max-pool2d",
  onnx: {
    MaxPool: readMaxPool,
    GlobalMaxPool: readGlobalMaxPool,
    ReduceMax: readReduceMax,
    ReduceMin: readReduceMin,
  },
  movesCodes: true,
  selects: true,
  channelwise: true,

  inferShape({ inputs: [x], attributes }) {
    const [, height, width, channels] = x!.shape as [number, number, number, number];
    return [1, ...windowShape(attributes, height, width, x!.name), channels];
  },

  lower: (node, { ranges }) => ({ attributes: node.attributes, ranges: ranges(node.inputs[0]!) }),

  evaluate({ inputs: [input], output, attributes }, [x]) {
    const [, height, width, channels] = input!.shape as [number, number, number, number];
    const [, rows, columns] = output.shape as [number, number, number, number];
    const pick = attributes.least ? Math.min : Math.max;
    const y = new Int32Array(rows * columns * channels);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      const inside = tapsInside(attributes, height, width, Math.floor(pixel / columns), pixel % columns);
      for (let channel = 0; channel < channels; channel++) {
        const codes = inside.map(({ position }) => x![position * channels + channel]!);
        y[pixel * channels + channel] = codes.reduce((a, b) => pick(a, b));
      }
    }
    return y;
  },

  macs: () => 0,
  weightBytes: () => 0,
  rows: windowRows(),
  columns: windowColumns(),
  print: (attributes) => `${printWindow(attributes)}${attributes.least ? " least" : ""}`,
  c,
  verilog,
} satisfies OpHome<MaxPool2dAttributes, MaxPool2dAttributes>;
