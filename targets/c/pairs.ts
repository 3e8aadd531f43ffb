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
  /** The kind of qc_element.h of a constant second operand, whose codes are signed or not. */
  constantKind(signed: boolean): string;
}

/** The operands, the output and how the second operand repeats; places a constant operand. */
export function pairsOf(node: IntegerNode<ConstantOperand>, context: CContext): Pairs {
  const { constant } = node.attributes;
  const { count, inner } = secondOperand(node);
  // Constants take one byte where all of them fit, whatever their type: two otherwise.
  const wide =
    constant?.some((code) => code < -128 || code > 255 || (code > 127 && constant.some((c) => c < 0))) ?? false;
  const negative = constant?.some((code) => code < 0) ?? false;
  const stored = { type: { bits: wide ? 16 : 8, signed: negative } };
  const b = constant ? context.constant("operand", "uint8_t", toBytes(constant, stored)) : context.input(1);
  const constantKind = (signed: boolean) => (wide ? (negative ? "QC_S16" : "QC_U16") : signed ? "QC_S8" : "QC_U8");
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
