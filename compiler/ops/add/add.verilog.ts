/** add as a qc_add stage where the linear form is certified, else as two tables and a requantization; wide codes: wide.verilog.ts. */

import { extent, signedBits } from "../../../targets/verilog/bits.js";
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { Stage, VerilogLowering } from "../../../targets/verilog/lowering.js";
import { requantCircuit } from "../../../targets/verilog/requantize.js";
import { pairBits, pairFlow, secondBits } from "../../../targets/verilog/second-operand.js";
import { addressed, requireTable, valueMemory } from "../../../targets/verilog/tables.js";
import { fail } from "../../diagnostics.js";
import type { IntegerNode } from "../../ir/index.js";
import type { AddAttributes, AddBytes, AddLinear, AddSum } from "./add.types.js";
import { wideStage } from "./wide.verilog.js";

export const verilog: VerilogLowering<AddAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage(node) {
    const { attributes } = node;
    if (attributes.wide) return wideStage(node, attributes.wide);
    if (attributes.linear) return linearStage(node, attributes, attributes.linear);
    if (attributes.tables) return tableStage(node, attributes, attributes.tables);
    return fail("QC3002", "neither the linear nor the table form of this addition is certified", node.name);
  },
};

type Node = IntegerNode<AddAttributes>;

function linearStage(node: Node, { aLow, bLow }: AddBytes, linear: AddLinear): Stage {
  const { clamp } = node.attributes;
  return {
    module: "qc_add",
    parameters: {
      ...pairBits(node, secondBits(node, bLow < 0)),
      A_SIGNED: aLow < 0 ? 1 : 0,
      B_SIGNED: bLow < 0 ? 1 : 0,
      MA: linear.ma,
      MB: linear.mb,
      C: linear.c,
      SHIFT: linear.shift,
      CLAMP_LO: clamp.lo,
      CLAMP_HI: clamp.hi,
    },
    memories: [],
    ...pairFlow(node, bLow < 0),
  };
}

function tableStage(node: Node, { aLow, bLow }: AddBytes, tables: AddSum): Stage {
  const requant = requantCircuit(tables.requantize, [0n], node.output.type);
  const bits = pairBits(node, secondBits(node, bLow < 0));
  requireTable(node, Math.max(bits.A_BITS, bits.B_BITS));
  const memory = (parameter: string, values: Int32Array, low: number, addressBits: number) => {
    const words = addressed(values, low, addressBits);
    const { lo, hi } = extent(words.map(BigInt));
    return valueMemory(parameter, words, signedBits(lo, hi));
  };
  const a = memory("A_FILE", tables.a, aLow, bits.A_BITS);
  const b = memory("B_FILE", tables.b, bLow, bits.B_BITS);
  return {
    module: "qc_add_tables",
    parameters: { ...bits, A_WIDTH: a.width, B_WIDTH: b.width, ...requant.parameters },
    memories: [a, b, { parameter: "CONSTANTS_FILE", width: requant.parameters.WORD_BITS!, words: requant.words }],
    ...pairFlow(node, bLow < 0),
  };
}
