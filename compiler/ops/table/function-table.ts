/** Tables of functions of one code, with the range of their values: shared by `table` and `channel-table`. */
import { type Expression, printExpression } from "../../arith/expression.js";
import { fail } from "../../diagnostics.js";
import { type GraphNode, type Range, scaleOf, typeName, typeRange, zeroPointOf } from "../../ir/index.js";
import type { LowerContext } from "../op.js";
import { requirePerTensor } from "../weights.js";

/** Output codes for every code of the node's input type; `expression` absent for the input itself. */
export function functionTable(
  node: GraphNode,
  expression: Expression | undefined,
  reachable: readonly Range[],
  context: LowerContext,
): Int32Array {
  const x = node.inputs[0]!;
  requirePerTensor(x, node.name);
  const { numerics } = context;
  if (x.type.bits > 16) {
    fail(
      "QC2002",
      `a table of ${typeName(x.type)} codes; expected codes of at most 16 bits. Quantize the operand.`,
      node.name,
    );
  }
  const { lo, hi } = typeRange(x.type);
  const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
  const clamp = numerics.clampCodes(node.clamp, output, node.output.type);
  const spec = { input: { scale: scaleOf(x), zeroPoint: zeroPointOf(x) }, output, clamp };
  const definition =
    expression === undefined ? { value: numerics.unary(spec) } : numerics.expression({ ...spec, expression });
  if ("fallback" in definition && definition.fallback)
    context.note("QC3003", `${definition.fallback}; 'exact' is used.`);
  return Int32Array.from({ length: hi - lo + 1 }, (_, i) => {
    const code = lo + i;
    const value = definition.value(code);
    if (value !== undefined) return value;
    if (reachable.every((range) => code < range.lo || code > range.hi)) return clamp.lo; // never read
    const real = spec.input.scale * (code - spec.input.zeroPoint);
    return fail(
      "QC2002",
      `${printExpression(expression!)} of x = ${real} (code ${code}) is not a number. Restrict its input, for instance by a Relu or an unsigned type.`,
      node.name,
    );
  });
}

/** Least and greatest table value over a range of codes: functions need not be monotone. */
export function tableRange(values: Int32Array, low: number, { lo, hi }: Range): Range {
  const part = values.subarray(lo - low, hi - low + 1);
  return { lo: part.reduce((a, b) => Math.min(a, b)), hi: part.reduce((a, b) => Math.max(a, b)) };
}
