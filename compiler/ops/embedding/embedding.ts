/** Embedding: rows of a constant table. Negative indices count from the end; what lies beyond either end means the row there. */
import { bytesPerElement, elementCount, type IntegerNode } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { c } from "./embedding.c.js";
import { readEmbedding } from "./embedding.onnx.js";
import type { EmbeddingAttributes } from "./embedding.types.js";
import { verilog } from "./embedding.verilog.js";

export default {
  name: "embedding",
  onnx: { Gather: readEmbedding },
  inferShape: ({ inputs: [x], attributes: { row } }) => [...x!.shape, ...row],

  lower({ attributes }) {
    const { row, table } = attributes;
    const channels = row.at(-1) ?? 1;
    const ranges = Array.from({ length: channels }, (_, channel) => {
      const own = table.filter((_, k) => k % channels === channel);
      return { lo: own.reduce((a, b) => Math.min(a, b)), hi: own.reduce((a, b) => Math.max(a, b)) };
    });
    return { attributes, ranges };
  },

  evaluate({ attributes }, [x]) {
    const { rows, row, table } = attributes;
    const width = elementCount(row);
    const at = (code: number) => Math.min(Math.max(code < 0 ? code + rows : code, 0), rows - 1);
    return Int32Array.from({ length: x!.length * width }, (_, k) => {
      return table[at(x![Math.floor(k / width)]!) * width + (k % width)]!;
    });
  },

  macs: () => 0,
  weightBytes,
  print: ({ rows, row }) => `table=${[rows, ...row].join("x")}`,
  c,
  verilog,
} satisfies OpHome<EmbeddingAttributes, EmbeddingAttributes>;

function weightBytes({ attributes: { table }, output }: IntegerNode<EmbeddingAttributes>): number {
  return table.length * bytesPerElement(output.type);
}
