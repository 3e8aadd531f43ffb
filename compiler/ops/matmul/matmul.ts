/** Matrix product of two activations, over stacks of matrices. A constant operand is a dense layer instead. */
import { fromFloat, multiply } from "../../arith/rational.js";
import { evaluateStaircase } from "../../arith/staircase.js";
import { fail } from "../../diagnostics.js";
import { elementCount, type Range, scaleOf, zeroPointOf } from "../../ir/index.js";
import { bilinearRange } from "../accumulator.js";
import type { OpHome } from "../op.js";
import { productUnit, sumStaircase } from "../product.js";
import { printRequantize, rangesOf } from "../requantize.js";
import { joined } from "../second-operand.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./matmul.c.js";
import { readGemm, readMatMul, readMatMulInteger, readQLinearMatMul } from "./matmul.onnx.js";
import type { MatMulAttributes, MatMulGraphAttributes } from "./matmul.types.js";
import { verilog } from "./matmul.verilog.js";

export default {
  name: "matmul",
  onnx: { Gemm: readGemm, MatMul: readMatMul, MatMulInteger: readMatMulInteger, QLinearMatMul: readQLinearMatMul },

  inferShape({ inputs: [a, b] }) {
    if (a!.shape.at(-1) !== b!.shape.at(-2)) {
      fail("QC2005", `matrices [${b!.shape}] do not fit rows of [${a!.shape}].`, a!.name);
    }
    return [...a!.shape.slice(0, -1), b!.shape.at(-1)!];
  },

  unit: ({ inputs, attributes: { alpha } }) => (alpha === 1 ? productUnit({ inputs }) : undefined),
  post: true,
  lower(node, context) {
    const {
      name,
      inputs,
      output: result,
      attributes: { alpha },
      clamp: bounds,
    } = node;
    const { numerics, ranges } = context;
    const [a, b] = inputs;
    for (const tensor of inputs) requirePerTensor(tensor, name);
    const [inner, columns] = b!.shape.slice(-2) as [number, number];
    const batch = elementCount(b!.shape) / (inner * columns);
    const [aZeroPoint, bZeroPoint] = [zeroPointOf(a!), zeroPointOf(b!)];
    const output = { scale: scaleOf(result), zeroPoint: zeroPointOf(result) };
    const clamp = numerics.clampCodes(bounds, output, result.type);
    const rangesA = ranges(a!);
    const rangeB = joined(ranges(b!));
    const term = (k: number) => bilinearRange(rangesA[rangesA.length === 1 ? 0 : k]!, aZeroPoint, rangeB, bZeroPoint);
    const acc = sumRange(
      Array.from({ length: inner }, (_, k) => term(k)),
      name,
    );
    const inputScale = scaleOf(a!) * alpha; // exact as a double
    const unit = () => multiply(fromFloat(inputScale), fromFloat(scaleOf(b!)));
    const staircase = node.post
      ? sumStaircase(node, context, unit(), clamp, acc)
      : numerics.product({
          dense: true,
          inputScale,
          weightScale: scaleOf(b!),
          outputScale: output.scale,
          outputZeroPoint: output.zeroPoint,
          bias: undefined,
          biasScale: 0,
          clamp,
          acc,
        });
    const requantize = { channels: [staircase], zeroPoint: output.zeroPoint, clamp };
    const rows = elementCount(a!.shape) / inner / batch;
    return {
      attributes: { batch, rows, inner, columns, aZeroPoint, bZeroPoint, requantize },
      ranges: rangesOf(requantize),
    };
  },

  evaluate({ output, attributes }, [a, b]) {
    const { rows, inner, columns, aZeroPoint, bZeroPoint, requantize } = attributes;
    const y = new Int32Array(elementCount(output.shape));
    for (let at = 0; at < y.length; at++) {
      const row = Math.floor(at / columns);
      const matrix = Math.floor(row / rows) * inner * columns;
      let acc = 0;
      for (let k = 0; k < inner; k++) {
        acc += (a![row * inner + k]! - aZeroPoint) * (b![matrix + k * columns + (at % columns)]! - bZeroPoint);
      }
      y[at] = evaluateStaircase(requantize.channels[0]!, acc);
    }
    return y;
  },

  macs: ({ attributes: { batch, rows, inner, columns } }) => batch * rows * inner * columns,
  weightBytes: () => 0,
  requantize: (attributes) => attributes.requantize,
  print: ({ batch, rows, inner, columns, requantize }) =>
    `batch=${batch} ${rows}x${inner}x${columns} ${printRequantize(requantize)}`,
  c,
  verilog,
} satisfies OpHome<MatMulGraphAttributes, MatMulAttributes>;

/** Range of a sum of such terms. Throws QC3001 when a partial sum, in any order, could leave int32. */
function sumRange(terms: readonly Range[], where: string): Range {
  const lo = terms.reduce((sum, term) => sum + term.lo, 0);
  const hi = terms.reduce((sum, term) => sum + term.hi, 0);
  const worst = terms.reduce((sum, term) => sum + Math.max(-term.lo, term.hi), 0);
  if (worst > 2 ** 31 - 1) {
    fail(
      "QC3001",
      `a sum of ${terms.length} products can reach ${worst}, beyond 2147483647. Split the product.`,
      where,
    );
  }
  return { lo, hi };
}
