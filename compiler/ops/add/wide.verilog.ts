/** Sums of operands of more than 8 bits as qc_add_weights and qc_add_tied stages. */
import type { Stage } from "../../../targets/verilog/lowering.js";
import { requantCircuit } from "../../../targets/verilog/requantize.js";
import { pairBits, pairFlow, secondBits } from "../../../targets/verilog/second-operand.js";
import type { IntegerNode } from "../../ir/index.js";
import type { AddAttributes, AddTied, AddWeights } from "./add.types.js";

/** The qc_add_weights or qc_add_tied stage. Throws QC2002 for operands of more than 31 bits. */
export function wideStage(node: IntegerNode<AddAttributes>, wide: AddWeights | AddTied): Stage {
  const { inputs, attributes, output } = node;
  const bSigned = attributes.constant?.some((code) => code < 0) ?? inputs[1]!.type.signed;
  const parameters = {
    ...pairBits(node, secondBits(node, bSigned)),
    A_SIGNED: inputs[0]!.type.signed ? 1 : 0,
    B_SIGNED: bSigned ? 1 : 0,
  };
  if (wide.kind === "weights") {
    const [WA, WB] = wide.weights;
    const requant = requantCircuit(wide.requantize, [0n], output.type);
    return {
      module: "qc_add_weights",
      parameters: { ...parameters, WA, WB, ...requant.parameters },
      memories: [{ parameter: "CONSTANTS_FILE", width: requant.parameters.WORD_BITS!, words: requant.words }],
      ...pairFlow(node, bSigned),
    };
  }
  const { units, ma, mb, c, correction, shift } = wide.form;
  return {
    module: "qc_add_tied",
    parameters: {
      ...parameters,
      A_UNIT: Math.log2(units[0]),
      B_UNIT: Math.log2(units[1]),
      MA: constant(ma, 46),
      MB: constant(mb, 46),
      C: constant(c, 62),
      CORRECTION: constant(correction, 62),
      SHIFT: shift,
      ZERO_POINT: wide.zeroPoint,
      CLAMP_LO: attributes.clamp.lo,
      CLAMP_HI: attributes.clamp.hi,
    },
    memories: [],
    ...pairFlow(node, bSigned),
  };
}

/** Two's complement in `bits` bits, as a Verilog constant: integer parameters end at 32. */
function constant(value: bigint, bits: number): string {
  return `${bits}'h${BigInt.asUintN(bits, value).toString(16)}`;
}
