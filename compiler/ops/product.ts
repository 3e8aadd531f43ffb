/** What convolutions and dense layers share: sums of products per output channel and the staircases behind them. */
import { exact } from "../arith/definitions/exact.js";
import { functionStaircase } from "../arith/definitions/expression.js";
import { dependsOnChannel, type Expression, ofChannel, printExpression } from "../arith/expression.js";
import { monotonicity } from "../arith/monotonicity.js";
import { fromFloat, multiply, type Rational, rational, subtract } from "../arith/rational.js";
import type { RequantizeLayer } from "../arith/requantize-layer.js";
import type { Staircase } from "../arith/staircase.js";
import { fail } from "../diagnostics.js";
import type { Grid } from "../import/grid.js";
import {
  elementCount,
  type GraphNode,
  type Range,
  type RealClamp,
  scaleOf,
  type Tensor,
  typeRange,
  zeroPointOf,
} from "../ir/index.js";
import { productRange, requireInt32 } from "./accumulator.js";
import type { LowerContext } from "./op.js";
import { channelScale, type Weights, weightArray } from "./weights.js";

/** The sums of a node whose inputs are x, weights and an optional bias. */
export interface Products {
  /** Whether the layer is a matrix product rather than a convolution. */
  readonly dense: boolean;
  /** [outputs][taps], less their zero point. */
  readonly weights: Weights;
  readonly biases: Int32Array;
  /** Reachable input codes at weight `k` of channel `o`. */
  rangeOf(o: number, k: number): Range;
  /** Whether taps may lie outside the image. */
  readonly padded: boolean;
}

export interface LoweredProducts {
  readonly weights: Weights;
  readonly bias: Int32Array;
  readonly requantize: RequantizeLayer;
}

/**
 * Proves the accumulators of every output channel and defines its staircase. A channel whose function (`node.post`) decreases
 * is computed as the increasing function of the negative sum: its weights and bias change sign.
 */
export function lowerProducts(node: GraphNode, context: LowerContext, products: Products): LoweredProducts {
  const { numerics } = context;
  const [x, weights, bias] = node.inputs;
  const outputs = products.biases.length;
  const taps = products.weights.length / outputs;
  const codes = Int32Array.from(products.weights);
  const biases = products.biases.slice();
  const input = { type: x!.type, zeroPoint: zeroPointOf(x!) };
  const zeroPoint = zeroPointOf(node.output);
  const clamp = numerics.clampCodes(node.clamp, { scale: scaleOf(node.output), zeroPoint }, node.output.type);
  if (node.post !== undefined) noteExact(node, context);
  const channels = Array.from({ length: outputs }, (_, o): Staircase => {
    const row = codes.subarray(o * taps, (o + 1) * taps);
    const post = node.post === undefined ? undefined : increasingOf(ofChannel(node.post, o), node.name);
    if (post?.negated) {
      for (let k = 0; k < taps; k++) row[k] = -row[k]!;
      biases[o] = -biases[o]!;
    }
    const sum = productRange(row, (k) => products.rangeOf(o, k), input.zeroPoint, products.padded);
    const acc = { lo: sum.lo + biases[o]!, hi: sum.hi + biases[o]! };
    requireInt32(acc, row, biases[o]!, input, node.name);
    const scales = {
      inputScale: scaleOf(x!),
      weightScale: channelScale(weights!, o),
      biasScale: bias ? channelScale(bias, o) : 0,
      outputScale: channelScale(node.output, o),
    };
    if (post) return postStaircase(node, post, scales, biases[o]!, { zeroPoint, clamp, acc });
    const own = bias ? biases[o]! : undefined;
    return numerics.product({ dense: products.dense, ...scales, outputZeroPoint: zeroPoint, bias: own, clamp, acc });
  });
  return { weights: weightArray(codes), bias: biases, requantize: { channels, zeroPoint, clamp } };
}

/** The unit of sums of products, where weights have one scale for all channels; biases are whole multiples of it. */
export function productUnit({ inputs: [x, weights, bias] }: { readonly inputs: readonly Tensor[] }): Grid | undefined {
  const scales = weights!.quantization.scales;
  const scale = scaleOf(x!) * scales[0]!;
  if (scales.some((other) => other !== scales[0]) || bias?.quantization.scales.some((other) => other !== scale))
    return undefined;
  return { scale, lo: -(2 ** 31), hi: 2 ** 31 - 1 };
}

/**
 * Bounds of sums of products from the magnitudes of their weights: for outputs that nothing quantizes and that have no unit.
 * `axis` is that of the weights' output channels.
 */
export function productReach([x, weights, bias]: readonly Tensor[], axis: number): RealClamp {
  const { lo, hi } = typeRange(x!.type);
  const most = scaleOf(x!) * Math.max(hi - zeroPointOf(x!), zeroPointOf(x!) - lo);
  const { zeroPoints } = weights!.quantization;
  const channels = weights!.shape[axis]!;
  const inner = elementCount(weights!.shape.slice(axis + 1));
  const sums = new Float64Array(channels);
  weights!.data!.forEach((code, k) => {
    const channel = Math.floor(k / inner) % channels;
    const zeroPoint = zeroPoints[zeroPoints.length === 1 ? 0 : channel]!;
    sums[channel]! += Math.abs(code - zeroPoint) * channelScale(weights!, channel);
  });
  const max = sums.reduce((largest, sum, channel) => {
    const own = bias ? Math.abs(bias.data![channel]!) * channelScale(bias, channel) : 0;
    return Math.max(largest, sum * most + own);
  }, 0);
  return { min: -max, max };
}

interface Post {
  readonly expression: Expression;
  /** True when the expression is one of the negative sum. */
  readonly negated: boolean;
}

/**
 * The staircase of `node.post` of sums whose real value is `unit` times the integer sum, plus `delta`. Throws QC2002 unless it
 * never decreases: there are no weights whose sign could change.
 */
export function sumStaircase(
  node: GraphNode,
  context: LowerContext,
  unit: Rational,
  clamp: Range,
  acc: Range,
  delta = rational(0n),
): Staircase {
  const expression = requireIncreasing(node, context);
  const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
  return defined(node, expression, functionStaircase(expression, { slope: unit, delta }, output, clamp, acc));
}

/** `node.post` where it never decreases; throws QC2002 otherwise. Notes that only the standard defines it. */
export function requireIncreasing(node: GraphNode, context: LowerContext): Expression {
  if (dependsOnChannel(node.post!)) {
    fail(
      "QC2002",
      "constants per channel behind a sum that has one function for all. Quantize before them.",
      node.name,
    );
  }
  const { expression, negated } = increasingOf(node.post!, node.name);
  if (negated)
    fail("QC2002", `${printExpression(expression)} of an unquantized result falls. Quantize before it.`, node.name);
  noteExact(node, context);
  return expression;
}

function noteExact({ post }: GraphNode, { numerics, note }: LowerContext): void {
  if (numerics === exact) return;
  note("QC3003", `${numerics.name} has no integer operator fused with ${printExpression(post!)}; exact is used.`);
}

function defined({ name }: GraphNode, expression: Expression, staircase: Staircase | undefined): Staircase {
  return (
    staircase ??
    fail("QC2002", `${printExpression(expression)} is not a number for some reachable sums. Bound them first.`, name)
  );
}

function increasingOf(expression: Expression, where: string): Post {
  const dependence = monotonicity(expression);
  if (dependence === "unknown") {
    fail(
      "QC2002",
      `${printExpression(expression)} of an unquantized result neither only rises nor only falls. Put QuantizeLinear and DequantizeLinear before it.`,
      where,
    );
  }
  return { expression, negated: dependence === "decreasing" };
}

function postStaircase(
  node: GraphNode,
  { expression, negated }: Post,
  scales: { inputScale: number; weightScale: number; biasScale: number; outputScale: number },
  bias: number,
  { zeroPoint, clamp, acc }: { zeroPoint: number; clamp: Range; acc: Range },
): Staircase {
  // x = sx*sw*(acc - bias) + sb*bias, with the sign of a negated sum.
  const unit = multiply(fromFloat(scales.inputScale), fromFloat(scales.weightScale));
  const sign = rational(negated ? -1n : 1n);
  const excess = multiply(subtract(fromFloat(scales.biasScale), unit), rational(BigInt(bias)));
  const line = { slope: multiply(sign, unit), delta: multiply(sign, excess) };
  const output = { scale: scales.outputScale, zeroPoint };
  return defined(node, expression, functionStaircase(expression, line, output, clamp, acc));
}
