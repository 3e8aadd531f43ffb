/** Zeros between the pixels of an image: what turns a convolution into a transposed one. */
import { elementCount, zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./interior-pad2d.c.js";
import type { InteriorPad2dAttributes, InteriorPad2dGraphAttributes } from "./interior-pad2d.types.js";
import { verilog } from "./interior-pad2d.verilog.js";

export default {
  name: "interior-pad2d",
  onnx: {},
  movesCodes: true,
  channelwise: true,

  inferShape({ inputs: [x], attributes: { strides, after } }) {
    const [, height, width, channels] = x!.shape as [number, number, number, number];
    return [1, (height - 1) * strides[0] + 1 + after[0], (width - 1) * strides[1] + 1 + after[1], channels];
  },

  lower({ name, inputs: [x], attributes }, { ranges }) {
    requirePerTensor(x!, name);
    const code = zeroPointOf(x!);
    const widened = ranges(x!).map(({ lo, hi }) => ({ lo: Math.min(lo, code), hi: Math.max(hi, code) }));
    return { attributes: { ...attributes, code }, ranges: widened };
  },

  evaluate({ inputs: [input], output, attributes: { strides, code } }, [x]) {
    const [, , width, channels] = input!.shape as [number, number, number, number];
    const columns = output.shape[2]!;
    const y = new Int32Array(elementCount(output.shape)).fill(code);
    x!.forEach((value, k) => {
      const pixel = Math.floor(k / channels);
      const to = Math.floor(pixel / width) * strides[0] * columns + (pixel % width) * strides[1];
      y[to * channels + (k % channels)] = value;
    });
    return y;
  },

  macs: () => 0,
  weightBytes: () => 0,
  print: ({ strides, after, code }) => `strides=${strides.join("x")} after=${after.join("x")} code=${code}`,
  c,
  verilog,
} satisfies OpHome<InteriorPad2dGraphAttributes, InteriorPad2dAttributes>;
