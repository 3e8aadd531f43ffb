/** Elementwise addition of two activations with different scales. */
import { fail } from "../../diagnostics.js";
import { scaleOf, typeRange, zeroPointOf } from "../../ir/index.js";
import type { Range } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./add.c.js";
import { readAdd, readQLinearAdd } from "./add.onnx.js";
import type { AddAttributes } from "./add.types.js";
import { verilog } from "./add.verilog.js";
import { certifyLinear } from "./certify-linear.js";

export default {
  name: "add",
  onnx: { Add: readAdd, QLinearAdd: readQLinearAdd },
  elementwise: true,
  channelwise: true,
  inferShape: ({ inputs: [a] }) => a!.shape,

  lower(node, { numerics, ranges }) {
    const [a, b] = node.inputs.map((tensor) => {
      requirePerTensor(tensor, node.name);
      return { scale: scaleOf(tensor), zeroPoint: zeroPointOf(tensor), type: tensor.type, range: typeRange(tensor.type) };
    }) as [Operand, Operand];
    const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
    const clamp = numerics.clampCodes(node.clamp, output, node.output.type);
    const definition = numerics.add({ a, b, output, clamp });
    const values = new Int16Array(65536);
    for (let x = a.range.lo; x <= a.range.hi; x++)
      for (let y = b.range.lo; y <= b.range.hi; y++)
        values[(x - a.range.lo) * 256 + (y - b.range.lo)] = definition.value(x, y);
    const common = { aLow: a.range.lo, bLow: b.range.lo, values, clamp };
    const linear = certifyLinear({
      ...common,
      a: joined(ranges(node.inputs[0]!)),
      b: joined(ranges(node.inputs[1]!)),
      slopeA: a.scale / output.scale,
      slopeB: b.scale / output.scale,
    });
    const tables = linear ? undefined : definition.tables?.();
    if (!linear && !tables) {
      fail("QC3002", `no multipliers reproduce this Add on all pairs of codes under --numerics ${numerics.name}: some sums come too close to a rounding tie. Requantize with other scales.`, node.name);
    }
    const attributes: AddAttributes = {
      ...common,
      linear,
      tables: tables && { a: tables.a, b: tables.b, requantize: { channels: [tables.sum], zeroPoint: output.zeroPoint, clamp } },
    };
    return { attributes, ranges: channelRanges(attributes, ranges(node.inputs[0]!), ranges(node.inputs[1]!)) };
  },

  evaluate: ({ attributes: { values, aLow, bLow } }, [a, b]) =>
    a!.map((code, i) => values[(code - aLow) * 256 + (b![i]! - bLow)]!),

  inPlace: () => true,
  macs: () => 0,
  weightBytes: ({ attributes: { tables } }) => (tables ? 4 * (tables.a.length + tables.b.length) : 0),
  requantize: ({ tables }) => tables?.requantize,
  print: ({ linear, clamp }) =>
    `${linear ? `linear=${linear.ma},${linear.mb},${linear.c}>>${linear.shift}` : "tables"} clamp=${clamp.lo}..${clamp.hi}`,
  c,
  verilog,
} satisfies OpHome<Record<string, never>, AddAttributes>;

interface Operand {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly type: { readonly bits: number; readonly signed: boolean };
  readonly range: Range;
}

function joined(ranges: readonly Range[]): Range {
  return { lo: Math.min(...ranges.map((r) => r.lo)), hi: Math.max(...ranges.map((r) => r.hi)) };
}

/** The sum is monotone in both operands, so channel ranges map end to end. */
function channelRanges({ values, aLow, bLow }: AddAttributes, a: readonly Range[], b: readonly Range[]): Range[] {
  const at = (x: number, y: number) => values[(x - aLow) * 256 + (y - bLow)]!;
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    const rangeA = a[a.length === 1 ? 0 : i]!;
    const rangeB = b[b.length === 1 ? 0 : i]!;
    return { lo: at(rangeA.lo, rangeB.lo), hi: at(rangeA.hi, rangeB.hi) };
  });
}
