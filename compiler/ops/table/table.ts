/** A function of one code as a 256-entry table: requantization, bounds, and real functions between two quantizations. */
import { bytesPerElement, typeRange } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { elementwiseRows } from "../rows.js";
import { readArithmetic } from "./arithmetic.onnx.js";
import { readBitShift } from "./bit-shift.onnx.js";
import { readCast } from "./cast.onnx.js";
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
  },
  elementwise: true,
  channelwise: true,
  inferShape: ({ inputs: [x] }) => x!.shape,
  lower(node, context) {
    const x = node.inputs[0]!;
    const low = typeRange(x.type).lo;
    const inputs = context.ranges(x);
    const values = functionTable(node, node.attributes.expression, inputs, context);
    return { attributes: { low, values }, ranges: inputs.map((range) => tableRange(values, low, range)) };
  },
  evaluate: ({ attributes: { low, values } }, [x]) => x!.map((code) => values[code - low]!),
  inPlace: () => true,
  rows: elementwiseRows,
  macs: () => 0,
  weightBytes: ({ attributes, output }) => attributes.values.length * bytesPerElement(output.type),
  print: ({ values }) => `values=${values[0]}..${values.at(-1)}`,
  c,
  verilog,
} satisfies OpHome<TableGraphAttributes, TableAttributes>;
