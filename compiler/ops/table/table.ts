/**
 * A function of one code: requantization, bounds, and real functions between two quantizations. A table of 2^bits entries, or
 * for wide codes a staircase.
 */
import { evaluateStaircase, type Staircase } from "../../arith/staircase.js";
import { bytesPerElement, typeRange } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { printRequantize } from "../requantize.js";
import { elementwiseParts } from "../rows.js";
import { readArithmetic } from "./arithmetic.onnx.js";
import { readBitShift } from "./bit-shift.onnx.js";
import { readCast } from "./cast.onnx.js";
import { codeSteps } from "./code-steps.js";
import { comparisonRules } from "./comparisons.onnx.js";
import { functionTable, tableRange } from "./function-table.js";
import { functionRules } from "./functions.onnx.js";
import { readRequantShift } from "./requant-shift.onnx.js";
import { c } from "./table.c.js";
import { readClip, readRelu } from "./table.onnx.js";
import type { TableAttributes, TableGraphAttributes } from "./table.types.js";
import { verilog } from "./table.verilog.js";

export default {
  name: "table",
  onnx: {
    Relu: readRelu,
    BitShift: readBitShift,
    Cast: readCast,
    Clip: readClip,
    ...functionRules,
    ...comparisonRules,
    RequantShift: readRequantShift,
    Add: readArithmetic,
    Div: readArithmetic,
    Max: readArithmetic,
    Min: readArithmetic,
    Mul: readArithmetic,
    Pow: readArithmetic,
    PRelu: readArithmetic,
    Sub: readArithmetic,
    Sum: readArithmetic,
  },
  elementwise: true,
  channelwise: true,
  inferShape: ({ inputs: [x] }) => x!.shape,
  lower(node, context) {
    const x = node.inputs[0]!;
    const inputs = context.ranges(x);
    const requantize = codeSteps(node, node.attributes.expression, context);
    if (requantize) {
      const [staircase] = requantize.channels as [Staircase];
      const at = (code: number) => evaluateStaircase(staircase, code);
      return { attributes: { requantize }, ranges: inputs.map(({ lo, hi }) => ({ lo: at(lo), hi: at(hi) })) };
    }
    const low = typeRange(x.type).lo;
    const values = functionTable(node, node.attributes.expression, inputs, context);
    return { attributes: { low, values }, ranges: inputs.map((range) => tableRange(values, low, range)) };
  },
  evaluate({ attributes }, [x]) {
    if (attributes.requantize) return x!.map((code) => evaluateStaircase(attributes.requantize.channels[0]!, code));
    const { low, values } = attributes;
    return x!.map((code) => values[code - low]!);
  },
  inPlace: () => true,
  rows: elementwiseParts,
  columns: elementwiseParts,
  macs: () => 0,
  weightBytes: ({ attributes, output }) =>
    attributes.requantize ? 0 : attributes.values.length * bytesPerElement(output.type),
  requantize: ({ requantize }) => requantize,
  print: (attributes) =>
    attributes.requantize
      ? printRequantize(attributes.requantize)
      : `values=${attributes.values[0]}..${attributes.values.at(-1)}`,
  c,
  verilog,
} satisfies OpHome<TableGraphAttributes, TableAttributes>;
