/** Constant padding of codes; the pass fold-pads gives pads of zeros to the convolutions behind them. */
import { f32, rint, saturate } from "../../arith/float32.js";
import { elementCount, scaleOf, zeroPointOf } from "../../ir/index.js";
import type { Range } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import { rowMajorStrides } from "../order.js";
import { requirePerTensor } from "../weights.js";
import { paddedShape } from "./axes.js";
import { c } from "./pad.c.js";
import { readPad } from "./pad.onnx.js";
import type { PadAttributes, PadGraphAttributes } from "./pad.types.js";
import { verilog } from "./pad.verilog.js";

export default {
  name: "pad",
  onnx: { Pad: readPad },
  movesCodes: true,
  inferShape: ({ inputs: [x], attributes: { pads } }) => paddedShape(x!.shape, pads),

  lower({ inputs: [x], output, attributes: { pads, value }, clamp }, context) {
    requirePerTensor(x!, x!.name);
    const affine = { scale: scaleOf(x!), zeroPoint: zeroPointOf(x!) };
    const { lo, hi } = context.numerics.clampCodes(clamp, affine, output.type);
    const code = saturate(rint(f32(value / affine.scale)) + affine.zeroPoint, lo, hi);
    const last = x!.shape.length - 1;
    const ranges = context.ranges(x!);
    const added = (count: number) => new Array<Range>(count).fill({ lo: code, hi: code });
    const within = pads.some((pad, axis) => pad > 0 && axis % (last + 1) !== last);
    const widened = ranges.map((range) =>
      within ? { lo: Math.min(range.lo, code), hi: Math.max(range.hi, code) } : range,
    );
    const [before, after] = [pads[last]!, pads[last + x!.shape.length]!];
    if (before + after === 0) return { attributes: { pads, code }, ranges: widened };
    const whole = widened.length === 1 ? new Array<Range>(x!.shape[last]!).fill(widened[0]!) : widened;
    return { attributes: { pads, code }, ranges: [...added(before), ...whole, ...added(after)] };
  },

  permuted({ attributes: { pads, value } }, permutation) {
    const rank = permutation.length;
    return { pads: [...permutation, ...permutation.map((axis) => axis + rank)].map((at) => pads[at]!), value };
  },
  border: ({ pads, value }) => (value === 0 ? pads : undefined),

  evaluate({ inputs: [input], output, attributes: { pads, code } }, [x]) {
    const { shape } = input!;
    const steps = rowMajorStrides(output.shape);
    const inner = rowMajorStrides(shape);
    const y = new Int32Array(elementCount(output.shape)).fill(code);
    x!.forEach((value, k) => {
      let at = 0;
      for (let axis = 0; axis < shape.length; axis++) {
        at += ((Math.floor(k / inner[axis]!) % shape[axis]!) + pads[axis]!) * steps[axis]!;
      }
      y[at] = value;
    });
    return y;
  },

  macs: () => 0,
  weightBytes: () => 0,
  print: ({ pads, code }) => `pads=${pads.join(",")} code=${code}`,
  c,
  verilog,
} satisfies OpHome<PadGraphAttributes, PadAttributes>;
