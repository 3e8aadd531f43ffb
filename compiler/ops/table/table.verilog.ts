/** table as a qc_table stage, or a staircase as a qc_steps stage. */
import { elementwiseFlow, elementwiseFoldings, streamBits } from "../../../targets/verilog/elementwise.js";
import type { Stage, VerilogLowering } from "../../../targets/verilog/lowering.js";
import { type RequantCircuit, requantCircuit } from "../../../targets/verilog/requantize.js";
import { addressed, requireTable, valueMemory } from "../../../targets/verilog/tables.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { TableAttributes, TableSteps, TableValues } from "./table.types.js";

export const verilog: VerilogLowering<TableAttributes> = {
  foldings({ inputs: [x], output, attributes: { requantize } }) {
    if (!requantize) return elementwiseFoldings(output);
    return [{ pe: 1, simd: 1, cycles: elementCount(output.shape) * stepCycles(circuit(x!, output, requantize)) }];
  },
  stage: (node) => ({ ...(isSteps(node) ? steps(node) : table(node)), ...elementwiseFlow }),
};

const isSteps = (node: IntegerNode<TableAttributes>): node is IntegerNode<TableSteps> =>
  node.attributes.requantize !== undefined;

function table(node: IntegerNode<TableAttributes>): Omit<Stage, "needs" | "taken"> {
  const { values, low } = node.attributes as TableValues;
  const parameters = streamBits(node);
  requireTable(node, parameters.IN_BITS);
  const words = addressed(values, low, parameters.IN_BITS);
  return { module: "qc_table", parameters, memories: [valueMemory("TABLE_FILE", words, parameters.OUT_BITS)] };
}

function circuit(
  x: IntegerNode["output"],
  output: IntegerNode["output"],
  requantize: TableSteps["requantize"],
): RequantCircuit {
  // One bit more than the codes: they are extended to a signed accumulator.
  return requantCircuit(requantize, [0n], output.type, x.type.bits + (x.type.signed ? 0 : 1));
}

/** A search asks for one threshold after the other; the other forms take an element per cycle. */
function stepCycles({ parameters: { FORM, SHIFT } }: RequantCircuit): number {
  return FORM === 3 ? 2 * SHIFT! + 2 : 1;
}

function steps({ inputs: [x], output, attributes }: IntegerNode<TableSteps>): Omit<Stage, "needs" | "taken"> {
  const { parameters, words } = circuit(x!, output, attributes.requantize);
  return {
    module: "qc_steps",
    parameters: { IN_BITS: x!.type.bits, X_SIGNED: x!.type.signed ? 1 : 0, ...parameters },
    memories: [{ parameter: "CONSTANTS_FILE", width: parameters.WORD_BITS!, words }],
  };
}
