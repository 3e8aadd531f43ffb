/** softmax as a qc_softmax stage: one row at a time. */

import { unsignedBits } from "../../../targets/verilog/bits.js";
import { streamBits } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import { roundingDivideByPot } from "../../arith/scalar.js";
import { fail } from "../../diagnostics.js";
import { elementCount, typeRange } from "../../ir/index.js";
import type { SoftmaxAttributes } from "./softmax.types.js";

/** Cycles per element: one to load, three to sum, fifteen to divide and hand out. */
const elementCycles = 19;

/** Bits of an input code at most. */
const mostBits = 8;

export const verilog: VerilogLowering<SoftmaxAttributes> = {
  foldings: ({ output }) => [{ pe: 1, simd: 1, cycles: elementCount(output.shape) * elementCycles }],
  stage(node) {
    const { kind, exponentials, levels, levelsShift, outputZeroPoint } = node.attributes;
    const { shape, type } = node.inputs[0]!;
    const count = shape.at(-1)!;
    if (type.bits > mostBits) {
      fail("QC2002", `softmax of codes of ${type.bits} bits; the Verilog target takes ${mostBits}`, node.name);
    }
    // Differences of codes have as many bits as the codes.
    const words = Array.from(exponentials.subarray(0, 2 ** type.bits), BigInt);
    const largest = words.reduce((a, b) => (b > a ? b : a));
    const tflite = kind === "tflite";
    const term = tflite ? roundingDivideByPot(largest, 12n) : largest;
    const sum = BigInt(count) * term;
    if (levels >= 2 ** 31)
      fail("QC3002", `softmax needs 1/scale * 2^${levelsShift} below 2^31, got ${levels}`, node.name);
    const quotientBits = Math.max(31, unsignedBits(largest * BigInt(levels)), unsignedBits(sum << BigInt(levelsShift)));
    const clamp = typeRange(node.output.type);
    return {
      module: "qc_softmax",
      parameters: {
        ...streamBits(node),
        COUNT: count,
        X_SIGNED: type.signed ? 1 : 0,
        TFLITE: tflite ? 1 : 0,
        EXPONENTIAL_BITS: unsignedBits(largest),
        SUM_BITS: unsignedBits(sum),
        QUOTIENT_BITS: tflite ? 31 : quotientBits,
        LEVELS: levels,
        LEVELS_SHIFT: levelsShift,
        ZERO_POINT: outputZeroPoint,
        CLAMP_LO: clamp.lo,
        CLAMP_HI: clamp.hi,
      },
      memories: [{ parameter: "TABLE_FILE", width: unsignedBits(largest), words }],
      needs: (index) => (Math.floor(index / count) + 1) * count,
      taken: (index) => (Math.floor(index / count) + 1) * count,
    };
  },
};
