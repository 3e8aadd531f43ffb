/** Constant padding as a qc_pad stage. */
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { fail } from "../../diagnostics.js";
import { elementCount } from "../../ir/index.js";
import { padAxes } from "./axes.js";
import type { PadAttributes } from "./pad.types.js";

/** Axes of qc_pad. */
const maximumAxes = 4;

export const verilog: VerilogLowering<PadAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { pads, code } = node.attributes;
    const axes = padAxes(node.inputs[0]!.shape, pads);
    if (axes.length > maximumAxes) {
      fail("QC2002", `padding of ${axes.length} separate axes; the Verilog target takes ${maximumAxes}`, node.name);
    }
    while (axes.length < maximumAxes) axes.unshift({ before: 0, inside: 1, after: 0 });
    const sizes = axes.map(({ before, inside, after }) => before + inside + after);
    // Input elements up to each output element, itself included; the first one starts the frame.
    const taken = new Int32Array(elementCount(node.output.shape));
    let count = 0;
    for (let k = 0; k < taken.length; k++) {
      let rest = k;
      let inside = true;
      for (let axis = maximumAxes - 1; axis >= 0; axis--) {
        const at = (rest % sizes[axis]!) - axes[axis]!.before;
        inside &&= at >= 0 && at < axes[axis]!.inside;
        rest = Math.floor(rest / sizes[axis]!);
      }
      if (inside) count++;
      taken[k] = Math.max(1, count);
    }
    return {
      module: "qc_pad",
      parameters: {
        BITS: node.output.type.bits,
        CODE: code,
        ...Object.fromEntries(sizes.map((size, i) => [`SIZE${i}`, size])),
        ...Object.fromEntries(axes.map(({ before }, i) => [`BEFORE${i}`, before])),
        ...Object.fromEntries(axes.map(({ inside }, i) => [`INSIDE${i}`, inside])),
      },
      memories: [],
      needs: (index) => taken[index]!,
      taken: (index) => taken[index]!,
    };
  },
};
