/** Softmax of codes of more than 8 bits, and LogSoftmax: tables of exponentials, a sum, then a quotient or a logarithm per row. */
import { exact } from "../../arith/definitions/exact.js";
import { saturate } from "../../arith/float32.js";
import { fail } from "../../diagnostics.js";
import type { Implied } from "../../import/unquantized.js";
import { scaleOf, typeRange, uint8, zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { joined } from "../second-operand.js";
import { mostClasses } from "../softmax/softmax.onnx.js";
import { requirePerTensor } from "../weights.js";
import { exponentialBits, exponentialsOf, logarithmOf, logarithmsOf, quotientsOf } from "./definition.js";
import { c } from "./wide-softmax.c.js";
import { readLogSoftmax, readWideSoftmax } from "./wide-softmax.onnx.js";
import type {
  Exponentials,
  Logarithms,
  WideSoftmaxAttributes,
  WideSoftmaxGraphAttributes,
} from "./wide-softmax.types.js";
import { verilog } from "./wide-softmax.verilog.js";

/** Probabilities in 1/256, and logarithms of probabilities down to e^-64 in 1/1024. */
const probabilityCodes: Implied = { type: uint8, quantization: { scales: [1 / 256], zeroPoints: [0] } };
const logarithmCodes: Implied = {
  type: { bits: 16, signed: true },
  quantization: { scales: [2 ** -10], zeroPoints: [32767] },
};

export default {
  name: "wide-softmax",
  onnx: { LogSoftmax: readLogSoftmax, Softmax: readWideSoftmax },
  natural: ({ log }) => (log ? logarithmCodes : probabilityCodes),
  inferShape: ({ inputs: [x] }) => x!.shape,

  lower({ name, inputs: [x], output, attributes: { log }, clamp }, { numerics, ranges, note }) {
    requirePerTensor(x!, name);
    if (clamp.min > (log ? -Infinity : 0) || clamp.max < (log ? 0 : 1))
      fail("QC2002", `bounds ${clamp.min} to ${clamp.max}; quantize the result before them.`, name);
    if (x!.shape.at(-1)! > mostClasses) fail("QC2002", `more than ${mostClasses} classes.`, name);
    if (numerics !== exact) note("QC3003", `${numerics.name} has no integer operator for it; exact is used.`);
    const reach = joined(ranges(x!));
    const span = reach.hi - reach.lo;
    const [input, scale] = [scaleOf(x!), scaleOf(output)];
    const results = log ? logarithmsOf(input, scale, span, x!.shape.at(-1)!, name) : quotientsOf(scale, name);
    const { lo, hi } = typeRange(output.type);
    const zeroPoint = zeroPointOf(output);
    return {
      attributes: { exponentials: exponentialsOf(input, span, name), results, outputZeroPoint: zeroPoint },
      ranges: [log ? { lo, hi: Math.min(hi, zeroPoint) } : { lo: Math.max(lo, zeroPoint), hi }],
    };
  },

  evaluate({ inputs: [input], output, attributes }, [x]) {
    const { exponentials, results, outputZeroPoint } = attributes;
    const classes = input!.shape.at(-1)!;
    const { lo, hi } = typeRange(output.type);
    const y = new Int32Array(x!.length);
    for (let row = 0; row < x!.length; row += classes) {
      const codes = Array.from(x!.subarray(row, row + classes));
      const largest = codes.reduce((a, b) => Math.max(a, b));
      const terms = codes.map((code) => exponentialAt(exponentials, largest - code));
      const sum = terms.reduce((a, b) => a + b, 0n);
      const logarithm = "most" in results ? logarithmOf(sum) : 0n;
      for (const [i, term] of terms.entries()) {
        const step =
          "most" in results
            ? logarithmStep(results, largest - codes[i]!, logarithm)
            : quotientStep(term * BigInt(results.levels), sum << BigInt(results.levelsShift));
        y[row + i] = saturate(step + outputZeroPoint, lo, hi);
      }
    }
    return y;
  },

  macs: () => 0,
  weightBytes: ({ attributes: { exponentials } }) => 4 * (exponentials.fine.length + exponentials.coarse.length),
  print: ({ exponentials: { fine, coarse }, results }) =>
    `tables=${fine.length}+${coarse.length} ${"most" in results ? `shift=${results.shift}` : `levels=${results.levels}>>${results.levelsShift}`}`,
  c,
  verilog,
} satisfies OpHome<WideSoftmaxGraphAttributes, WideSoftmaxAttributes>;

function exponentialAt({ fine, coarse, fineBits, limit }: Exponentials, difference: number): bigint {
  if (difference >= limit) return 0n;
  const product = BigInt(coarse[Math.floor(difference / 2 ** fineBits)]!) * BigInt(fine[difference % 2 ** fineBits]!);
  return (product + (1n << BigInt(exponentialBits - 1))) >> BigInt(exponentialBits);
}

/** RNE(numerator / denominator). */
function quotientStep(numerator: bigint, denominator: bigint): number {
  const [quotient, rest] = [numerator / denominator, numerator % denominator];
  return Number(quotient + (2n * rest + (quotient & 1n) > denominator ? 1n : 0n));
}

function logarithmStep({ difference, logarithm, shift, most }: Logarithms, d: number, log: bigint): number {
  const total = difference * BigInt(Math.min(d, most)) + logarithm * log;
  return Number(((1n << BigInt(shift - 1)) - total) >> BigInt(shift));
}
