/** Functions of codes of more than 8 bits as certified staircases: no table of 65,536 entries, and no limit at 16 bits. */
import { affineStaircase, exact } from "../../arith/definitions/exact.js";
import { functionStaircase } from "../../arith/definitions/expression.js";
import { dependsOnChannel, type Expression } from "../../arith/expression.js";
import { monotonicity } from "../../arith/monotonicity.js";
import type { Numerics } from "../../arith/numerics.js";
import { divide, fromFloat, multiply, rational } from "../../arith/rational.js";
import { realise } from "../../arith/realise.js";
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import { type Staircase, staircaseOf } from "../../arith/staircase.js";
import { type GraphNode, type Range, scaleOf, typeRange, zeroPointOf } from "../../ir/index.js";
import type { LowerContext } from "../op.js";
import { joined } from "../second-operand.js";
import { requirePerTensor } from "../weights.js";

/** Bits of the codes from which on a staircase is tried, and up to which a table is possible. */
const [leastBits, mostTableBits] = [9, 16] as const;
/** Staircases are functions of 32-bit accumulators. */
const mostCode = 2 ** 31 - 1;

/**
 * The node's function of its input codes as a staircase, where it never decreases and where that is smaller than a table.
 * Undefined where a table is the better form, or where the function is no staircase. Notes QC3003 where codes are too wide for
 * the table that another family than `exact` defines.
 */
export function codeSteps(
  node: GraphNode,
  expression: Expression | undefined,
  context: LowerContext,
): RequantizeLayer | undefined {
  const x = node.inputs[0]!;
  if (x.type.bits < leastBits || typeRange(x.type).hi > mostCode) return undefined;
  requirePerTensor(x, node.name);
  const { numerics } = context;
  const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
  const clamp = numerics.clampCodes(node.clamp, output, node.output.type);
  const codes = joined(context.ranges(x));
  const tableFits = x.type.bits <= mostTableBits;
  if (expression !== undefined && numerics !== exact) {
    if (tableFits) return undefined;
    context.note("QC3003", `${numerics.name} defines functions of at most ${mostTableBits} bits; 'exact' is used.`);
  }
  const input = { scale: scaleOf(x), zeroPoint: zeroPointOf(x) };
  const staircase =
    expression === undefined
      ? requantization(numerics, { input, output, clamp }, codes)
      : increasing(expression, { input, output, clamp }, codes);
  if (!staircase) return undefined;
  const layer: RequantizeLayer = { channels: [staircase], zeroPoint: output.zeroPoint, clamp };
  return tableFits && !isSmaller(layer, x.type.bits, node.output.type.bits) ? undefined : layer;
}

interface Spec {
  readonly input: { readonly scale: number; readonly zeroPoint: number };
  readonly output: { readonly scale: number; readonly zeroPoint: number };
  readonly clamp: Range;
}

function requantization(numerics: Numerics, spec: Spec, codes: Range): Staircase {
  const { input, output, clamp } = spec;
  if (numerics !== exact) return staircaseOf(numerics.unary(spec), codes.lo, codes.hi);
  const slope = divide(fromFloat(input.scale), fromFloat(output.scale));
  return affineStaircase(slope, multiply(slope, rational(BigInt(-input.zeroPoint))), output.zeroPoint, clamp, codes);
}

function increasing(expression: Expression, { input, output, clamp }: Spec, codes: Range): Staircase | undefined {
  if (dependsOnChannel(expression) || monotonicity(expression) !== "increasing") return undefined;
  const slope = fromFloat(input.scale);
  const delta = multiply(slope, rational(BigInt(-input.zeroPoint)));
  return functionStaircase(expression, { slope, delta }, output, clamp, codes);
}

/** Whether constants, or else a list of thresholds, take fewer bytes than the table. */
function isSmaller(layer: RequantizeLayer, inputBits: number, outputBits: number): boolean {
  const { form } = realise(layer, { minShift: 0, maxShift: 40 });
  const tableBytes = 2 ** inputBits * (outputBits > 8 ? 2 : 1);
  return form !== "thresholds" || 4 * layer.channels[0]!.thresholds.length < tableBytes;
}
