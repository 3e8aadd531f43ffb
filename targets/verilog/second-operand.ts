/** Second operands of elementwise stages: streams of their own, constants, or smaller tensors that repeat. */
import { elementCount, type IntegerNode } from "../../compiler/ir/index.js";
import { type ConstantOperand, secondOperand } from "../../compiler/ops/second-operand.js";
import { packWord } from "./bits.js";
import { elementwiseFlow } from "./elementwise.js";
import type { Stage } from "./lowering.js";

/** Where the second stream comes from, and which elements of both inputs an output needs. */
export function pairFlow(node: IntegerNode<ConstantOperand>): Pick<Stage, "operand" | "needs" | "taken"> {
  const { constant } = node.attributes;
  const { inner, count } = secondOperand(node);
  if (constant) {
    const words = Array.from(constant, (code) => packWord([{ value: BigInt(code), bits: 8 }]));
    const memories = [{ parameter: "CONSTANT_FILE", width: 8, words }];
    return { ...elementwiseFlow, operand: { module: "qc_constant", parameters: { COUNT: count }, memories } };
  }
  const total = elementCount(node.output.shape);
  if (count === total) return elementwiseFlow;
  if (inner > 1) {
    const elements = (index: number, port: number) => (port === 0 ? index + 1 : Math.floor(index / inner) + 1);
    return {
      needs: elements,
      taken: elements,
      operand: { module: "qc_hold", parameters: { COUNT: inner }, memories: [] },
    };
  }
  const elements = (index: number, port: number) => (port === 0 ? index + 1 : count);
  const parameters = { COUNT: count, REPEATS: total / count };
  return { needs: elements, taken: elements, operand: { module: "qc_repeat", parameters, memories: [] } };
}
