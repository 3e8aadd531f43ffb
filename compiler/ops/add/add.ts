/** Elementwise addition and subtraction of two operands with different scales. */
import { exact } from "../../arith/definitions/exact.js";
import { fail } from "../../diagnostics.js";
import { scaleOf, type Tensor, typeRange, zeroPointOf } from "../../ir/index.js";
import type { Range } from "../../ir/types.js";
import type { OpHome } from "../op.js";
import { requireIncreasing } from "../product.js";
import {
  constantCodes,
  evaluatePairs,
  joined,
  pairChannels,
  pairRanges,
  pairRows,
  pairsInPlace,
  secondRanges,
} from "../second-operand.js";
import { requirePerTensor } from "../weights.js";
import { c } from "./add.c.js";
import { readAdd, readQLinearAdd, readSub } from "./add.onnx.js";
import type { AddAttributes, AddGraphAttributes } from "./add.types.js";
import { verilog } from "./add.verilog.js";
import { certifyLinear } from "./certify-linear.js";
import { certifyTables } from "./certify-tables.js";

export default {
  name: "add",
  onnx: { Add: readAdd, Sub: readSub, QLinearAdd: readQLinearAdd },
  elementwise: true,
  channels: pairChannels(),
  /** With one scale the sum is on its grid. */
  unit({ inputs: [a, b], attributes: { subtract } }) {
    if (scaleOf(a!) !== scaleOf(b!)) return undefined;
    const [first, second] = [a!, b!].map((tensor, i) => {
      const { lo, hi } = typeRange(tensor.type);
      const [least, most] = [lo - zeroPointOf(tensor), hi - zeroPointOf(tensor)];
      return subtract === (i === 0 ? "first" : "second") ? { lo: -most, hi: -least } : { lo: least, hi: most };
    });
    return { scale: scaleOf(a!), lo: first!.lo + second!.lo, hi: first!.hi + second!.hi };
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
    const { numerics } = context;
    const { subtract } = node.attributes;
    const [a, b] = node.inputs.map((tensor) => {
      requirePerTensor(tensor, node.name);
      requireByteCodes(tensor, node.name);
      return {
        scale: scaleOf(tensor),
        zeroPoint: zeroPointOf(tensor),
        type: tensor.type,
        range: typeRange(tensor.type),
      };
    }) as [Operand, Operand];
    const output = { scale: scaleOf(node.output), zeroPoint: zeroPointOf(node.output) };
    const clamp = numerics.clampCodes(node.clamp, output, node.output.type);
    const post = node.post === undefined ? undefined : requireIncreasing(node, context);
    const definition = (post === undefined ? numerics : exact).add({ a, b, subtract, post, output, clamp });
    const values = new Int32Array(65536);
    for (let x = a.range.lo; x <= a.range.hi; x++)
      for (let y = b.range.lo; y <= b.range.hi; y++)
        values[(x - a.range.lo) * 256 + (y - b.range.lo)] = definition.value(x, y);
    const rangesA = context.ranges(node.inputs[0]!);
    const rangesB = secondRanges(node.inputs[1]!, node.output.shape.at(-1) ?? 1, context);
    const common = { aLow: a.range.lo, bLow: b.range.lo, values, clamp };
    const problem = {
      ...common,
      a: joined(rangesA),
      b: joined(rangesB),
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
    const attributes: AddAttributes = {
      ...common,
      constant: constantCodes(node.inputs[1]!),
      linear,
      tables: tables && {
        a: tables.a,
        b: tables.b,
        requantize: { channels: [tables.sum], zeroPoint: output.zeroPoint, clamp },
      },
    };
    return {
      attributes,
      ranges: pairRanges(rangesA, rangesB, (rangeA, rangeB) => corners(attributes, rangeA, rangeB)),
    };
  },

  evaluate(node, operands) {
    const { values, aLow, bLow } = node.attributes;
    return evaluatePairs(node, operands, (a, b) => values[(a - aLow) * 256 + (b - bLow)]!);
  },

  inPlace: pairsInPlace,
  rows: pairRows(),
  macs: () => 0,
  weightBytes: ({ attributes: { tables, constant } }) =>
    (tables ? 4 * (tables.a.length + tables.b.length) : 0) + (constant?.length ?? 0),
  requantize: ({ tables }) => tables?.requantize,
  print: ({ linear, clamp }) =>
    `${linear ? `linear=${linear.ma},${linear.mb},${linear.c}>>${linear.shift}` : "tables"} clamp=${clamp.lo}..${clamp.hi}`,
  c,
  verilog,
} satisfies OpHome<AddGraphAttributes, AddAttributes>;

/** Every pair of codes is looked at, so codes must be few. Throws QC2002. */
function requireByteCodes({ name, type }: Tensor, where: string): void {
  if (type.bits <= 8) return;
  fail(
    "QC2002",
    `'${name}' has ${type.bits}-bit codes; operands of sums have at most 8. Quantize it to int8 or uint8.`,
    where,
  );
}

function realBounds(tensor: Tensor): [number, number] {
  const { lo, hi } = typeRange(tensor.type);
  const real = (code: number) => scaleOf(tensor) * (code - zeroPointOf(tensor));
  return [real(lo), real(hi)];
}

interface Operand {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly type: { readonly bits: number; readonly signed: boolean };
  readonly range: Range;
}

/** The function is monotone in both operands, so its extremes lie at the corners. */
function corners({ values, aLow, bLow }: AddAttributes, a: Range, b: Range): Range {
  const at = [a.lo, a.hi].flatMap((x) => [b.lo, b.hi].map((y) => values[(x - aLow) * 256 + (y - bLow)]!));
  return { lo: Math.min(...at), hi: Math.max(...at) };
}
