/** Positions of extreme codes: the scale is positive, so the order of codes is the order of values. */
import type { OpHome } from "../op.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./arg-max.c.js";
import { readArgMax, readArgMin, readTopK } from "./arg-max.onnx.js";
import type { ArgMaxAttributes } from "./arg-max.types.js";
import { verilog } from "./arg-max.verilog.js";

export default {
  name: "arg-max",
  onnx: { ArgMax: readArgMax, ArgMin: readArgMin, TopK: readTopK },
  inferShape: ({ inputs: [x] }) => [...x!.shape.slice(0, -1), 1],

  lower({ name, inputs: [x], attributes }) {
    requirePerTensor(x!, name);
    return { attributes, ranges: [{ lo: 0, hi: x!.shape.at(-1)! - 1 }] };
  },

  evaluate({ inputs: [input], attributes: { least, last } }, [x]) {
    const count = input!.shape.at(-1)!;
    return Int32Array.from({ length: x!.length / count }, (_, row) => {
      const codes = x!.subarray(row * count, (row + 1) * count);
      const extreme = codes.reduce((a, b) => (least ? Math.min(a, b) : Math.max(a, b)));
      return last ? codes.lastIndexOf(extreme) : codes.indexOf(extreme);
    });
  },

  macs: () => 0,
  weightBytes: () => 0,
  print: ({ least, last }) => `${least ? "least" : "largest"} ${last ? "last" : "first"}`,
  c,
  verilog,
} satisfies OpHome<ArgMaxAttributes, ArgMaxAttributes>;
