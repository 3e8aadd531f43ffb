/** Axis permutation of codes; the pass fold-transposes leaves only those that a graph border asks for. */
import type { OpHome } from "../op.js";
import { transposeOrder } from "../order.js";
import { c } from "./transpose.c.js";
import { readTranspose } from "./transpose.onnx.js";
import type { TransposeAttributes } from "./transpose.types.js";
import { verilog } from "./transpose.verilog.js";

export default {
  name: "transpose",
  onnx: { Transpose: readTranspose },
  movesCodes: true,
  permutation: ({ permutation }) => permutation,
  inferShape: ({ inputs: [x], attributes }) => attributes.permutation.map((axis) => x!.shape[axis]!),
  lower(node, { ranges }) {
    const { permutation } = node.attributes;
    const input = ranges(node.inputs[0]!);
    const keepsChannels = permutation.at(-1) === permutation.length - 1;
    const joined = { lo: Math.min(...input.map((r) => r.lo)), hi: Math.max(...input.map((r) => r.hi)) };
    return { attributes: { permutation }, ranges: keepsChannels ? input : [joined] };
  },
  evaluate({ inputs: [input], attributes }, [x]) {
    return Int32Array.from(transposeOrder(input!.shape, attributes.permutation), (at) => x![at]!);
  },
  macs: () => 0,
  weightBytes: () => 0,
  print: ({ permutation }) => `permutation=${permutation.join(",")}`,
  c,
  verilog,
} satisfies OpHome<TransposeAttributes, TransposeAttributes>;
