/** matmul as a qc_matmul stage, `pe` columns at a time. */
import { divisors } from "../../../targets/verilog/bits.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { requantCircuit } from "../../../targets/verilog/requantize.js";
import { pairBits } from "../../../targets/verilog/second-operand.js";
import type { MatMulAttributes } from "./matmul.types.js";

const maxLanes = 16;

export const verilog: VerilogLowering<MatMulAttributes> = {
  // A row is handed out while the next one is taken in and multiplied: no more lanes than it has elements. The first row
  // of a is taken in beside a matrix of b.
  foldings: ({ attributes: { batch, rows, inner, columns } }) =>
    divisors(columns, Math.min(maxLanes, inner)).map((pe) => {
      const cycles = batch * inner * (columns - 1 + rows * (1 + columns / pe));
      return { pe, simd: 1, cycles };
    }),
  stage(node, { folding: { pe } }) {
    const { rows, inner, columns, aZeroPoint, bZeroPoint, requantize } = node.attributes;
    const [a, b] = node.inputs;
    const requant = requantCircuit(requantize, [0n], node.output.type);
    const elements = (index: number, port: number) => {
      const row = Math.floor(index / columns);
      return port === 0 ? (row + 1) * inner : (Math.floor(row / rows) + 1) * inner * columns;
    };
    return {
      module: "qc_matmul",
      parameters: {
        ...pairBits(node),
        ROWS: rows,
        INNER: inner,
        COLUMNS: columns,
        PE: pe,
        A_SIGNED: a!.type.signed ? 1 : 0,
        B_SIGNED: b!.type.signed ? 1 : 0,
        A_ZERO: aZeroPoint,
        B_ZERO: bZeroPoint,
        ...requant.parameters,
      },
      memories: [{ parameter: "CONSTANTS_FILE", width: requant.parameters.WORD_BITS!, words: requant.words }],
      needs: elements,
      taken: elements,
    };
  },
};
