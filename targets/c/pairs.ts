/** Operands of elementwise C kernels: the second may repeat or be a constant. */
import { elementCount, type IntegerNode } from "../../compiler/ir/index.js";
import { type ConstantOperand, secondOperand } from "../../compiler/ops/second-operand.js";
import { toBytes } from "../../compiler/verify/codes.js";
import type { CContext } from "./lowering.js";

export interface Pairs {
  /** Parameters of a shared function. */
  readonly parameters: readonly string[];
  /** The arguments for them. */
  readonly arguments: readonly string[];
  /** What the shared function hands to the kernel: a, b, y, count, b_count, inner. */
  readonly operands: string;
  /** For the shared function's name. */
  readonly role: string;
  /** The kind of qc_element.h of a constant second operand. */
  readonly constantKind: string;
}

/** The operands, the output and how the second operand repeats; places a constant operand. */
export function pairsOf(node: IntegerNode<ConstantOperand>, context: CContext): Pairs {
  const { constant } = node.attributes;
  const { count, inner } = secondOperand(node);
  // Constants take the fewest bytes that hold all of them, whatever their type.
  const negative = constant?.some((code) => code < 0) ?? false;
  const holds = (bits: number) =>
    constant?.every((code) => (negative ? code >= -(2 ** (bits - 1)) && code < 2 ** (bits - 1) : code < 2 ** bits));
  const bits = holds(8) === false ? (holds(16) ? 16 : 32) : 8;
  const stored = { type: { bits, signed: negative } };
  const b = constant ? context.constant("operand", "uint8_t", toBytes(constant, stored)) : context.input(1);
  const constantKind = `QC_${negative || bits === 32 ? "S" : "U"}${bits}`;
  const total = elementCount(node.output.shape);
  const parameters = ["const uint8_t *a", "const uint8_t *b", "uint8_t *y", "int32_t count"];
  const values = [context.input(0), b, context.output, `${total}`];
  // Operands of one shape keep the plain loop: literal 1 removes the inner one.
  if (count === total)
    return { parameters, arguments: values, operands: "a, b, y, count, count, 1", role: "", constantKind };
  return {
    parameters: [...parameters, "int32_t b_count", "int32_t inner"],
    arguments: [...values, `${count}`, `${inner}`],
    operands: "a, b, y, count, b_count, inner",
    role: "_repeated",
    constantKind,
  };
}
