/** Second operands of elementwise stages: streams of their own, constants, or smaller tensors that repeat. */
import { fail } from "../../compiler/diagnostics.js";
import { elementCount, type IntegerNode } from "../../compiler/ir/index.js";
import { type ConstantOperand, secondOperand } from "../../compiler/ops/second-operand.js";
import { extent, signedBits, unsignedBits } from "./bits.js";
import { elementwiseFlow } from "./elementwise.js";
import type { Stage } from "./lowering.js";
import { valueMemory } from "./tables.js";

/** Bits of an operand at most, so that one more for the sign still fits the modules' integer parameters. */
const mostBits = 31;

/** Width of the second stream: that of its tensor, or the fewest bits that hold a constant. */
export function secondBits(
  { inputs: [, b], attributes: { constant } }: IntegerNode<ConstantOperand>,
  signed: boolean,
): number {
  if (!constant) return b!.type.bits;
  const { lo, hi } = extent(Array.from(constant, BigInt));
  return signed ? signedBits(lo, hi) : unsignedBits(hi);
}

/** The width parameters of a stage with two inputs; `second` is the width of a second input that is no tensor. */
export function pairBits(
  { name, inputs: [a, b], output }: IntegerNode,
  second = b!.type.bits,
): Readonly<Record<"A_BITS" | "B_BITS" | "OUT_BITS", number>> {
  const bits = { A_BITS: a!.type.bits, B_BITS: second };
  const widest = Math.max(bits.A_BITS, bits.B_BITS);
  if (widest > mostBits) fail("QC2002", `an operand has ${widest} bits; the Verilog target takes ${mostBits}`, name);
  return { ...bits, OUT_BITS: output.type.bits };
}

/** Where the second stream comes from, and which elements of both inputs an output needs. */
export function pairFlow(
  node: IntegerNode<ConstantOperand>,
  bSigned: boolean,
): Pick<Stage, "operand" | "needs" | "taken"> {
  const { constant } = node.attributes;
  const { inner, count } = secondOperand(node);
  const bits = secondBits(node, bSigned);
  if (constant) {
    const memories = [valueMemory("CONSTANT_FILE", constant, bits)];
    return { ...elementwiseFlow, operand: { module: "qc_constant", bits, parameters: { COUNT: count }, memories } };
  }
  const total = elementCount(node.output.shape);
  if (count === total) return elementwiseFlow;
  if (inner > 1) {
    const elements = (index: number, port: number) => (port === 0 ? index + 1 : Math.floor(index / inner) + 1);
    return {
      needs: elements,
      taken: elements,
      operand: { module: "qc_hold", bits, parameters: { COUNT: inner }, memories: [] },
    };
  }
  const elements = (index: number, port: number) => (port === 0 ? index + 1 : count);
  const parameters = { COUNT: count, REPEATS: total / count };
  return { needs: elements, taken: elements, operand: { module: "qc_repeat", bits, parameters, memories: [] } };
}
