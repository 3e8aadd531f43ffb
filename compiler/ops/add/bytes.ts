/** Sums of operands of at most 8 bits: all pairs of codes are looked at. */
import { exact } from "../../arith/definitions/exact.js";
import type { Expression } from "../../arith/expression.js";
import type { Affine } from "../../arith/numerics.js";
import { fail } from "../../diagnostics.js";
import { type GraphNode, type Range, scaleOf, typeRange, zeroPointOf } from "../../ir/index.js";
import type { LowerContext } from "../op.js";
import type { AddBytes, AddGraphAttributes } from "./add.types.js";
import { certifyLinear } from "./certify-linear.js";
import { certifyTables } from "./certify-tables.js";

export interface BytesSpec {
  /** Non-decreasing function of the sum. */
  readonly post: Expression | undefined;
  readonly output: Affine;
  readonly clamp: Range;
  /** Reachable codes of the operands. */
  readonly reachable: readonly [Range, Range];
}

/** The complete table and the cheapest form that is certified equal to it. Throws QC3002 where no form is certified. */
export function lowerBytes(node: GraphNode<AddGraphAttributes>, spec: BytesSpec, { numerics }: LowerContext): AddBytes {
  const { post, output, clamp, reachable } = spec;
  const { subtract } = node.attributes;
  const operands = node.inputs.map((tensor) => ({
    scale: scaleOf(tensor),
    zeroPoint: zeroPointOf(tensor),
    type: tensor.type,
    range: typeRange(tensor.type),
  }));
  const [a, b] = [operands[0]!, operands[1]!];
  const definition = (post === undefined ? numerics : exact).add({ a, b, subtract, post, output, clamp });
  const values = new Int32Array(65536);
  for (let x = a.range.lo; x <= a.range.hi; x++)
    for (let y = b.range.lo; y <= b.range.hi; y++)
      values[(x - a.range.lo) * 256 + (y - b.range.lo)] = definition.value(x, y);
  const common = { aLow: a.range.lo, bLow: b.range.lo, values };
  const problem = {
    ...common,
    clamp,
    a: reachable[0],
    b: reachable[1],
    slopeA: (subtract === "first" ? -a.scale : a.scale) / output.scale,
    slopeB: (subtract === "second" ? -b.scale : b.scale) / output.scale,
  };
  const linear = post === undefined ? certifyLinear(problem) : undefined;
  const tables = linear ? undefined : (definition.tables?.() ?? certifyTables(problem, definition.terms));
  if (!linear && !tables) {
    fail(
      "QC3002",
      `no integer form reproduces this sum on all pairs of codes under --numerics ${numerics.name}: some sums come too close to a rounding tie. Requantize with other scales.`,
      node.name,
    );
  }
  return {
    ...common,
    linear,
    tables: tables && {
      a: tables.a,
      b: tables.b,
      requantize: { channels: [tables.sum], zeroPoint: output.zeroPoint, clamp },
    },
  };
}
