/** transpose as a qc_transpose stage; axes of size 1 and axes that stay together are merged first. */
import { fail } from "../../diagnostics.js";
import { elementCount } from "../../ir/index.js";
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import type { TransposeAttributes } from "./transpose.types.js";

const axes = 4;

interface Axis {
  readonly size: number;
  /** Distance of its positions in the input. */
  readonly stride: number;
}

export const verilog: VerilogLowering<TransposeAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { shape } = node.inputs[0]!;
    const merged = mergedAxes(shape, node.attributes.permutation);
    if (merged.length > axes) {
      fail("QC2002", `a transpose of ${merged.length} separate axes; the Verilog target takes ${axes}`, node.name);
    }
    if (merged.length < 2) return undefined;
    const padded = [...new Array<Axis>(axes - merged.length).fill({ size: 1, stride: 0 }), ...merged];
    const count = elementCount(shape);
    return {
      module: "qc_transpose",
      parameters: Object.fromEntries(padded.flatMap(({ size, stride }, i) => [[`SIZE${i}`, size], [`STRIDE${i}`, stride]])),
      memories: [],
      // The whole frame comes in before its first element leaves, and a second one while it is read.
      needs: () => count,
      taken: () => count,
    };
  },
};

/** Axes of the output, outermost first, without those of size 1; neighbours that are one run of the input become one. */
function mergedAxes(shape: readonly number[], permutation: readonly number[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of permutation) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const stride = elementCount(shape.slice(axis + 1));
    const outer = merged.at(-1);
    if (outer && outer.stride === stride * size) merged[merged.length - 1] = { size: outer.size * size, stride };
    else merged.push({ size, stride });
  }
  return merged;
}
