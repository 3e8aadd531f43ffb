/** Rows of a constant table as a qc_embedding stage: one element per cycle. */
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { requireTableWords, valueMemory } from "../../../targets/verilog/tables.js";
import { elementCount } from "../../ir/index.js";
import type { EmbeddingAttributes } from "./embedding.types.js";

export const verilog: VerilogLowering<EmbeddingAttributes> = {
  foldings: ({ output }) => [{ pe: 1, simd: 1, cycles: elementCount(output.shape) }],
  stage({ name, inputs: [x], output, attributes: { rows, row, table } }) {
    const width = elementCount(row);
    requireTableWords(name, `of ${rows} rows`, table.length);
    const needs = (index: number) => Math.floor(index / width) + 1;
    return {
      module: "qc_embedding",
      parameters: {
        IN_BITS: x!.type.bits,
        X_SIGNED: x!.type.signed ? 1 : 0,
        OUT_BITS: output.type.bits,
        ROWS: rows,
        WIDTH: width,
      },
      memories: [valueMemory("TABLE_FILE", table, output.type.bits)],
      needs,
      taken: needs,
    };
  },
};
