/** Linear interpolation of images as a qc_resize_linear stage: four of an image's rows wait, one tap is weighted a cycle. */
import { packWord, unsignedBits } from "../../../targets/verilog/bits.js";
import { streamBits } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { requantCircuit } from "../../../targets/verilog/requantize.js";
import { elementCount } from "../../ir/index.js";
import type { Interpolation, ResizeLinearAttributes } from "./resize-linear.types.js";

/** Cycles between the last tap of a row and the first of the next: the pipeline runs empty, the next row's table word is read. */
const rowCycles = 6;

export const verilog: VerilogLowering<ResizeLinearAttributes> = {
  foldings: ({ output }) => [{ pe: 1, simd: 1, cycles: 4 * elementCount(output.shape) + rowCycles * output.shape[1]! }],
  stage(node) {
    const { rows, columns, requantize } = node.attributes;
    const { shape, type } = node.inputs[0]!;
    const [, height, width, channels] = shape as [number, number, number, number];
    const requant = requantCircuit(requantize, [0n], node.output.type);
    const rowOf = (index: number) => Math.floor(index / (columns.lows.length * channels));
    const rowElements = width * channels;
    const memory = (parameter: string, { lows, weights, denominator }: Interpolation, size: number) => {
      const bits = [unsignedBits(BigInt(size - 1)), unsignedBits(BigInt(denominator))] as const;
      const words = lows.map((low, i) =>
        packWord([
          { value: BigInt(weights[i]!), bits: bits[1] },
          { value: BigInt(low), bits: bits[0] },
        ]),
      );
      return { parameter, width: bits[0] + bits[1], words };
    };
    return {
      module: "qc_resize_linear",
      parameters: {
        ...streamBits(node),
        HEIGHT: height,
        WIDTH: width,
        CHANNELS: channels,
        OUT_HEIGHT: rows.lows.length,
        OUT_WIDTH: columns.lows.length,
        ROW_DENOMINATOR: rows.denominator,
        COLUMN_DENOMINATOR: columns.denominator,
        X_SIGNED: type.signed ? 1 : 0,
        ...requant.parameters,
      },
      memories: [
        memory("ROWS_FILE", rows, height),
        memory("COLUMNS_FILE", columns, width),
        { parameter: "CONSTANTS_FILE", width: requant.parameters.WORD_BITS!, words: requant.words },
      ],
      needs: (index) => (rows.lows[rowOf(index)]! + (rows.weights[rowOf(index)]! > 0 ? 2 : 1)) * rowElements,
      taken: (index) => Math.min(height, rows.lows[rowOf(index)]! + 4) * rowElements,
    };
  },
};
