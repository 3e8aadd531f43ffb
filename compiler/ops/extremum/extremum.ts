/** Elementwise Max and Min. Quantization is monotone, so it may come first: each operand goes through a table of its own. */
import { fail } from "../../diagnostics.js";
import { onOneUnit, tensorGrid } from "../../import/grid.js";
import { typeRange } from "../../ir/index.js";
import type { Range } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import {
  constantCodes,
  evaluatePairs,
  pairChannels,
  pairParts,
  pairRanges,
  pairsInPlace,
  secondRanges,
} from "../second-operand.js";
import { functionTable, tableRange } from "../table/function-table.js";
import { c } from "./extremum.c.js";
import { readMax, readMin } from "./extremum.onnx.js";
import type { ExtremumAttributes, ExtremumGraphAttributes } from "./extremum.types.js";
import { verilog } from "./extremum.verilog.js";

export default {
  name: "extremum",
  // Of truth values, 0 and 1, the lesser is their And.
  onnx: { And: readMin, Max: readMax, Min: readMin, Or: readMax },
  elementwise: true,
  channels: pairChannels(),
  /** One of two values of a common unit is on its grid. */
  unit({ inputs, attributes: { kind } }) {
    const [a, b] = inputs.map(tensorGrid);
    const found = a && b && onOneUnit(a, b);
    if (!found) return undefined;
    const [first, second] = found.bounds as [Range, Range];
    const pick = Math[kind];
    return { scale: found.scale, lo: pick(first.lo, second.lo), hi: pick(first.hi, second.hi) };
  },
  inferShape: ({ inputs: [a] }) => a!.shape,

  lower(node, context) {
    const [first, second] = node.inputs;
    const { kind } = node.attributes;
    const rangesA = context.ranges(first!);
    const rangesB = secondRanges(second!, node.output.shape.at(-1) ?? 1, context);
    const aLow = typeRange(first!.type).lo;
    const bLow = typeRange(second!.type).lo;
    const a = functionTable({ ...node, inputs: [first!] }, undefined, rangesA, context);
    const b = functionTable({ ...node, inputs: [second!] }, undefined, rangesB, context);
    const pick = Math[kind];
    const ranges = pairRanges(rangesA, rangesB, (rangeA, rangeB) => {
      const [x, y] = [tableRange(a, aLow, rangeA), tableRange(b, bLow, rangeB)];
      return { lo: pick(x.lo, y.lo), hi: pick(x.hi, y.hi) };
    });
    const constant = constantCodes(second!);
    const operand = constant && second!.type.bits > 8 ? indexed(constant, bLow, b, node.name) : { constant, bLow, b };
    return { attributes: { kind, aLow, a, ...operand }, ranges };
  },

  evaluate(node, operands) {
    const { kind, aLow, bLow, a, b } = node.attributes;
    return evaluatePairs(node, operands, (x, y) => Math[kind](a[x - aLow]!, b[y - bLow]!));
  },

  inPlace: pairsInPlace,
  rows: pairParts("rows"),
  columns: pairParts("columns"),
  macs: () => 0,
  weightBytes: ({ attributes: { a, b, constant } }) => 2 * (a.length + b.length) + (constant?.length ?? 0),
  print: ({ kind }) => `kind=${kind}`,
  c,
  verilog,
} satisfies OpHome<ExtremumGraphAttributes, ExtremumAttributes>;

/** A constant of wide codes as positions in a table of its distinct ones alone. Throws QC2002 for more than 256. */
function indexed(
  constant: Int32Array,
  low: number,
  values: Int32Array,
  where: string,
): Pick<ExtremumAttributes, "constant" | "bLow" | "b"> {
  const distinct = [...new Set(constant)];
  if (distinct.length > 256) {
    fail(
      "QC2002",
      `a constant operand of ${distinct.length} distinct 16-bit codes; at most 256 are supported. Quantize it to int8 or uint8.`,
      where,
    );
  }
  const positions = new Map(distinct.map((code, position) => [code, position]));
  return {
    constant: constant.map((code) => positions.get(code)!),
    bLow: 0,
    b: Int32Array.from({ length: 256 }, (_, position) => values[(distinct[position] ?? distinct[0]!) - low]!),
  };
}
