/** Softmax over the last axis: a table of exponentials, a sum, and one quotient per element (SPEC.md, "Softmax"). */

import { saturate } from "../../arith/float32.js";
import {
  countLeadingZeros,
  quotientHalfEven,
  roundingDivideByPot,
  softmaxReciprocal,
  softmaxShift,
  softmaxTflite,
} from "../../arith/scalar.js";
import { fail } from "../../diagnostics.js";
import { scaleOf, type Tensor, typeRange, uint8, zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./softmax.c.js";
import { mostClasses, readQLinearSoftmax, readSoftmax } from "./softmax.onnx.js";
import type { SoftmaxAttributes } from "./softmax.types.js";
import { verilog } from "./softmax.verilog.js";

export default {
  name: "softmax",
  onnx: { Softmax: readSoftmax, QLinearSoftmax: readQLinearSoftmax },
  natural: () => ({ type: uint8, quantization: { scales: [1 / 256], zeroPoints: [0] } }),
  inferShape: ({ inputs: [x] }) => x!.shape,

  lower(node, { numerics }) {
    const x = node.inputs[0]!;
    requirePerTensor(x, node.name);
    // Bounds outside [0, 1] change nothing; tighter ones are not part of the algorithm.
    if (node.clamp.min > 0 || node.clamp.max < 1) {
      fail(
        "QC2002",
        `bounds ${node.clamp.min} to ${node.clamp.max} on a Softmax are not supported. Quantize its result first.`,
        node.name,
      );
    }
    const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
    const definition = numerics.softmax({ scale: scaleOf(x), zeroPoint: zeroPointOf(x) }, output, node.name);
    const { lo, hi } = typeRange(node.output.type);
    requireWidth(x, definition, node.name);
    return {
      attributes: { ...definition, outputZeroPoint: output.zeroPoint },
      ranges: [{ lo: Math.max(lo, output.zeroPoint), hi }],
    };
  },

  evaluate({ inputs: [input], output, attributes }, [x]) {
    const classes = input!.shape.at(-1)!;
    const { lo, hi } = typeRange(output.type);
    const quotients = attributes.kind === "even" ? evenQuotients : tfliteQuotients;
    const y = new Int32Array(x!.length);
    for (let row = 0; row < x!.length; row += classes) {
      const codes = x!.subarray(row, row + classes);
      const largest = codes.reduce((a, b) => Math.max(a, b));
      const exponentials = Array.from(codes, (code) => attributes.exponentials[largest - code]!);
      quotients(exponentials, attributes).forEach((quotient, i) => {
        y[row + i] = saturate(quotient + attributes.outputZeroPoint, lo, hi);
      });
    }
    return y;
  },

  macs: () => 0,
  weightBytes: ({ attributes }) => 4 * attributes.exponentials.length,
  print: ({ kind, levels, levelsShift }) => `kind=${kind} levels=${levels}>>${levelsShift}`,
  c,
  verilog,
} satisfies OpHome<Record<string, never>, SoftmaxAttributes>;

/**
 * Refuses inputs of more than 8 bits, and rows whose sum of exponentials leaves the 49 bits of quotientHalfEven, or under
 * tflite 32 bits. Throws QC2002.
 */
function requireWidth(
  { shape, type }: Tensor,
  { kind, exponentials, levelsShift }: Omit<SoftmaxAttributes, "outputZeroPoint">,
  where: string,
): void {
  if (type.bits > 8) {
    fail(
      "QC2002",
      `the input has ${type.bits}-bit codes; Softmax takes at most 8. Quantize it to int8 or uint8.`,
      where,
    );
  }
  const classes = shape.at(-1)!;
  const most =
    kind === "tflite" ? 255 : Math.min(mostClasses, Math.floor((2 ** 49 - 1) / exponentials[0]! / 2 ** levelsShift));
  if (classes > most) fail("QC2002", `${classes} classes; at most ${most} are supported with these scales.`, where);
}

/** RNE(E * levels / (sum << levelsShift)). */
function evenQuotients(exponentials: readonly number[], { levels, levelsShift }: SoftmaxAttributes): number[] {
  const sum = BigInt(exponentials.reduce((a, b) => a + b, 0)) << BigInt(levelsShift);
  return exponentials.map((e) => Number(quotientHalfEven(BigInt(e) * BigInt(levels), sum)));
}

/** TFLite: E summed in Q12.19, its reciprocal by Newton steps, one doubly rounded product per element. */
function tfliteQuotients(exponentials: readonly number[]): number[] {
  const sum = exponentials.reduce((total, e) => total + roundingDivideByPot(BigInt(e), 12n), 0n);
  const reciprocal = softmaxReciprocal(sum);
  const shift = softmaxShift(countLeadingZeros(sum));
  return exponentials.map((e) => Number(softmaxTflite(BigInt(e), reciprocal, shift)));
}
