/** Elementwise addition and subtraction of two operands with different scales. */
import { onOneUnit, tensorGrid, typeFor } from "../../import/grid.js";
import { type GraphNode, scaleOf, type Tensor, typeRange, zeroPointOf } from "../../ir/index.js";
import type { Range } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import { requireIncreasing } from "../product.js";
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
import { c } from "./add.c.js";
import { readAdd, readMean, readQLinearAdd, readSub, readSum } from "./add.onnx.js";
import type { AddAttributes, AddGraphAttributes } from "./add.types.js";
import { verilog } from "./add.verilog.js";
import { lowerBytes } from "./bytes.js";
import { differenceRules } from "./comparisons.onnx.js";
import { evaluateWide, lowerWide, type WideOperand } from "./wide.js";

export default {
  name: "add",
  onnx: { Add: readAdd, Mean: readMean, Sub: readSub, Sum: readSum, QLinearAdd: readQLinearAdd, ...differenceRules },
  elementwise: true,
  channels: pairChannels(),
  /** Where the operands have a common unit the sum is on its grid. */
  unit({ inputs, attributes: { subtract } }) {
    const [a, b] = inputs.map(tensorGrid);
    const found = a && b && onOneUnit(a, b);
    if (!found) return undefined;
    const [first, second] = found.bounds.map(({ lo, hi }, i) =>
      subtract === (i === 0 ? "first" : "second") ? { lo: -hi, hi: -lo } : { lo, hi },
    );
    const sum = { scale: found.scale, lo: first!.lo + second!.lo, hi: first!.hi + second!.hi };
    // Sums of one unit are codes as they are; others that need more than 16 bits are better rounded.
    const narrow = (typeFor(sum.lo, sum.hi)?.bits ?? 32) <= 16;
    return narrow || scaleOf(inputs[0]!) === scaleOf(inputs[1]!) ? sum : undefined;
  },
  reach({ inputs, attributes: { subtract } }) {
    const [a, b] = inputs.map((tensor, i) => {
      const [least, most] = realBounds(tensor);
      return subtract === (i === 0 ? "first" : "second") ? [-most, -least] : [least, most];
    }) as [[number, number], [number, number]];
    return { min: a[0] + b[0], max: a[1] + b[1] };
  },
  post: true,
  inferShape: ({ inputs: [a] }) => a!.shape,

  lower(node, context) {
    for (const tensor of node.inputs) requirePerTensor(tensor, node.name);
    const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
    const clamp = context.numerics.clampCodes(node.clamp, output, node.output.type);
    const post = node.post === undefined ? undefined : requireIncreasing(node, context);
    const rangesA = context.ranges(node.inputs[0]!);
    const rangesB = secondRanges(node.inputs[1]!, node.output.shape.at(-1) ?? 1, context);
    const spec = { post, output, clamp, reachable: [joined(rangesA), joined(rangesB)] as const };
    const form = node.inputs.some(({ type }) => type.bits > 8)
      ? lowerWide({ ...spec, node: node.name, operands: wideOperands(node, spec.reachable) }, context)
      : lowerBytes(node, spec, context);
    const attributes: AddAttributes = { clamp, constant: constantCodes(node.inputs[1]!), ...form };
    return { attributes, ranges: pairRanges(rangesA, rangesB, (a, b) => corners(attributes, a, b)) };
  },

  evaluate(node, operands) {
    return evaluatePairs(node, operands, (a, b) => valueAt(node.attributes, a, b));
  },

  inPlace: pairsInPlace,
  rows: pairParts("rows"),
  columns: pairParts("columns"),
  macs: () => 0,
  weightBytes: ({ attributes: { tables, constant } }) =>
    (tables ? 4 * (tables.a.length + tables.b.length) : 0) + (constant?.length ?? 0),
  requantize: ({ tables, wide }) => tables?.requantize ?? (wide?.kind === "weights" ? wide.requantize : undefined),
  print: (attributes) => `${printForm(attributes)} clamp=${attributes.clamp.lo}..${attributes.clamp.hi}`,
  c,
  verilog,
} satisfies OpHome<AddGraphAttributes, AddAttributes>;

function wideOperands(
  { inputs, attributes: { subtract } }: GraphNode<AddGraphAttributes>,
  reachable: readonly [Range, Range],
): [WideOperand, WideOperand] {
  return inputs.map((tensor, i) => ({
    scale: scaleOf(tensor),
    zeroPoint: zeroPointOf(tensor),
    sign: subtract === (i === 0 ? "first" : "second") ? -1n : 1n,
    bits: tensor.type.bits,
    reachable: reachable[i]!,
  })) as [WideOperand, WideOperand];
}

function valueAt(attributes: AddAttributes, a: number, b: number): number {
  if (attributes.wide) return evaluateWide(attributes.wide, attributes.clamp, a, b);
  return attributes.values[(a - attributes.aLow) * 256 + (b - attributes.bLow)]!;
}

function printForm({ linear, wide }: AddAttributes): string {
  if (wide?.kind === "weights") return `weights=${wide.weights} ${printRequantize(wide.requantize)}`;
  if (wide) return `tied=${wide.form.ma},${wide.form.mb},${wide.form.c}>>${wide.form.shift}`;
  return linear ? `linear=${linear.ma},${linear.mb},${linear.c}>>${linear.shift}` : "tables";
}

function realBounds(tensor: Tensor): [number, number] {
  const { lo, hi } = typeRange(tensor.type);
  const real = (code: number) => scaleOf(tensor) * (code - zeroPointOf(tensor));
  return [real(lo), real(hi)];
}

/** The function is monotone in both operands, so its extremes lie at the corners. */
function corners(attributes: AddAttributes, a: Range, b: Range): Range {
  const at = [a.lo, a.hi].flatMap((x) => [b.lo, b.hi].map((y) => valueAt(attributes, x, y)));
  return { lo: Math.min(...at), hi: Math.max(...at) };
}
