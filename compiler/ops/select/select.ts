/** Choice between two operands of the result's quantization by a tensor of conditions, element by element. */
import { f32, rint, saturate } from "../../arith/float32.js";
import { type Grid, gridUnion, tensorGrid } from "../../import/grid.js";
import { bytesPerElement, scaleOf, typeRange, zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { elementwiseParts } from "../rows.js";
import { joined, pairRanges } from "../second-operand.js";
import { c } from "./select.c.js";
import { readQLinearWhere, readWhere } from "./select.onnx.js";
import type { SelectAttributes, SelectGraphAttributes } from "./select.types.js";
import { verilog } from "./select.verilog.js";

export default {
  name: "select",
  onnx: { QLinearWhere: readQLinearWhere, Where: readWhere },
  elementwise: true,
  channelwise: true,
  inferShape: ({ inputs: [condition] }) => condition!.shape,

  /** The unit that both operands are whole multiples of. */
  unit({ inputs: [, ...operands], attributes }) {
    const grids = [...operands.map(tensorGrid), ...constantsOf(attributes).map(constantGrid)];
    return grids.reduce((a, b) => a && b && gridUnion(a, b));
  },

  reach({ inputs: [, ...operands], attributes }) {
    const values = operands.flatMap(({ type, quantization: { scales, zeroPoints } }) =>
      Object.values(typeRange(type)).map((code) => scales[0]! * (code - zeroPoints[0]!)),
    );
    const all = [...values, ...constantsOf(attributes)];
    return { min: Math.min(...all), max: Math.max(...all) };
  },

  lower({ inputs: [, ...operands], output, attributes, clamp }, context) {
    const affine = { scale: scaleOf(output), zeroPoint: zeroPointOf(output) };
    const { lo, hi } = context.numerics.clampCodes(clamp, affine, output.type);
    const codeOf = (value: number | undefined) =>
      value === undefined ? undefined : saturate(rint(f32(value / affine.scale)) + affine.zeroPoint, lo, hi);
    const codes: SelectAttributes = { a: codeOf(attributes.a), b: codeOf(attributes.b) };
    const choices = [
      ...operands.map((operand) => context.ranges(operand)),
      ...constantsOf(codes).map((code) => [{ lo: code, hi: code }]),
    ];
    return { attributes: codes, ranges: pairRanges(choices[0]!, choices[1]!, (x, y) => joined([x, y])) };
  },

  evaluate({ attributes: { a, b } }, [condition, ...operands]) {
    const first = a === undefined ? operands[0] : undefined;
    const second = b === undefined ? operands.at(-1) : undefined;
    return condition!.map((chosen, i) => (chosen !== 0 ? (a ?? first![i]!) : (b ?? second![i]!)));
  },

  inPlace: ({ inputs, output }, index) => bytesPerElement(inputs[index]!.type) === bytesPerElement(output.type),
  rows: elementwiseParts,
  columns: elementwiseParts,
  macs: () => 0,
  weightBytes: () => 0,
  print: ({ a, b }) => [a === undefined ? "" : `a=${a}`, b === undefined ? "" : `b=${b}`].filter(Boolean).join(" "),
  c,
  verilog,
} satisfies OpHome<SelectGraphAttributes, SelectAttributes>;

const constantsOf = ({ a, b }: SelectGraphAttributes) => [a, b].filter((value) => value !== undefined);

function constantGrid(value: number): Grid | undefined {
  const sign = Math.sign(value);
  return Number.isFinite(value) ? { scale: Math.abs(value) || 1, lo: sign, hi: sign } : undefined;
}
