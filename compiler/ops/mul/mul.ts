/** Elementwise product of two operands: a staircase on the integer product. */
import { fromFloat, multiply } from "../../arith/rational.js";
import { evaluateStaircase } from "../../arith/staircase.js";
import { scaleOf, zeroPointOf } from "../../ir/index.js";
import { bilinearRange, requireInt32Sums } from "../accumulator.js";
import type { OpHome } from "../op.js";
import { productUnit, sumStaircase } from "../product.js";
import { printRequantize } from "../requantize.js";
import {
  constantCodes,
  evaluatePairs,
  joined,
  pairChannels,
  pairParts,
  pairRanges,
  pairsInPlace,
  secondRanges,
} from "../second-operand.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./mul.c.js";
import { readMul, readQLinearMul } from "./mul.onnx.js";
import type { MulAttributes } from "./mul.types.js";
import { verilog } from "./mul.verilog.js";

export default {
  name: "mul",
  onnx: { Mul: readMul, QLinearMul: readQLinearMul },
  elementwise: true,
  channels: pairChannels(),
  unit: productUnit,
  post: true,
  inferShape: ({ inputs: [a] }) => a!.shape,

  lower(node, context) {
    const { numerics } = context;
    const [a, b] = node.inputs;
    for (const tensor of node.inputs) requirePerTensor(tensor, node.name);
    const affine = (tensor: typeof node.output) => ({ scale: scaleOf(tensor), zeroPoint: zeroPointOf(tensor) });
    const [first, second, output] = [affine(a!), affine(b!), affine(node.output)];
    const clamp = numerics.clampCodes(node.clamp, output, node.output.type);
    const products = pairRanges(context.ranges(a!), secondRanges(b!, node.output.shape.at(-1) ?? 1, context), (x, y) =>
      bilinearRange(x, first.zeroPoint, y, second.zeroPoint),
    );
    const acc = joined(products);
    requireInt32Sums(acc.lo, acc.hi, node.name);
    const unit = () => multiply(fromFloat(first.scale), fromFloat(second.scale));
    const staircase = node.post
      ? sumStaircase(node, context, unit(), clamp, acc)
      : numerics.multiply({ a: first, b: second, output, clamp, product: acc });
    const attributes: MulAttributes = {
      aZeroPoint: first.zeroPoint,
      bZeroPoint: second.zeroPoint,
      bSigned: b!.type.signed,
      constant: constantCodes(b!),
      requantize: { channels: [staircase], zeroPoint: output.zeroPoint, clamp },
    };
    const at = (product: number) => evaluateStaircase(staircase, product);
    return { attributes, ranges: products.map(({ lo, hi }) => ({ lo: at(lo), hi: at(hi) })) };
  },

  evaluate(node, operands) {
    const { aZeroPoint, bZeroPoint, requantize } = node.attributes;
    const staircase = requantize.channels[0]!;
    return evaluatePairs(node, operands, (a, b) => evaluateStaircase(staircase, (a - aZeroPoint) * (b - bZeroPoint)));
  },

  inPlace: pairsInPlace,
  rows: pairParts("rows"),
  columns: pairParts("columns"),
  macs: ({ output }) => output.shape.reduce((count, dim) => count * dim, 1),
  weightBytes: ({ attributes: { constant } }) => constant?.length ?? 0,
  requantize: (attributes) => attributes.requantize,
  print: (attributes) => printRequantize(attributes.requantize),
  c,
  verilog,
} satisfies OpHome<Record<string, never>, MulAttributes>;
