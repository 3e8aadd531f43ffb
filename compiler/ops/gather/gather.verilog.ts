/** Codes at listed positions as a qc_gather stage, which takes in all positions before it hands out the first. */
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { elementCount } from "../../ir/index.js";
import type { GatherAttributes } from "./gather.types.js";

export const verilog: VerilogLowering<GatherAttributes> = {
  foldings: ({ inputs: [x], output, attributes: { axis } }) => {
    // Two cycles from the last element that is handed out to the first one that is taken in.
    const turns = elementCount(x!.shape.slice(0, axis));
    return [{ pe: 1, simd: 1, cycles: elementCount(x!.shape) + elementCount(output.shape) + turns }];
  },
  stage({ inputs: [x], output, attributes: { axis, indices } }) {
    const inner = elementCount(x!.shape.slice(axis + 1));
    const block = x!.shape[axis]! * inner;
    const width = Math.max(1, Math.ceil(Math.log2(block)));
    const needs = (index: number) => (Math.floor(index / (indices.length * inner)) + 1) * block;
    return {
      module: "qc_gather",
      parameters: { BITS: output.type.bits, BLOCK: block, INNER: inner, COUNT: indices.length },
      memories: [{ parameter: "PLACES_FILE", width, words: indices.map((at) => BigInt(at * inner)) }],
      needs,
      taken: needs,
    };
  },
};
