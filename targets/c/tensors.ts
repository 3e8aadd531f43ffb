/** Activation tensors as the C kernels see them. */
import { fail } from "../../compiler/diagnostics.js";
import { bytesPerElement, type IntegerNode, type IntegerTensor, typeName } from "../../compiler/ir/index.js";

/** Refuses inputs that do not store one byte per code. Throws QC2002. */
export function requireByteInputs(node: IntegerNode): void {
  for (const { name, type } of node.inputs) {
    if (type.bits > 8) {
      fail(
        "QC2002",
        `'${name}' has ${type.bits}-bit codes; this operation's C kernel takes at most 8. Quantize it to int8 or uint8.`,
        node.name,
      );
    }
  }
}

/** Refuses an output that does not store one byte per code. Throws QC2002. */
export function requireByteOutput({ name, output: { type } }: IntegerNode): void {
  if (type.bits <= 8) return;
  fail("QC2002", `the result has ${type.bits}-bit codes; this operation's C kernel gives at most 8.`, name);
}

/** Whether every tensor of a node stores one byte per code. */
export function allBytes({ inputs, output }: IntegerNode): boolean {
  return [...inputs, output].every(({ type }) => type.bits <= 8);
}

/** The kind of qc_element.h that stores a tensor's codes. Throws QC2002 for unsigned codes of 32 bits. */
export function kindOf({ name, type }: IntegerTensor): string {
  if (type.bits === 32 && !type.signed) {
    fail("QC2002", `the C kernels have no ${typeName(type)}; expected at most 31 unsigned bits.`, name);
  }
  const bytes = bytesPerElement(type);
  return bytes === 4 ? "QC_S32" : `QC_${type.signed ? "S" : "U"}${8 * bytes}`;
}

/** A part of a shared function's name that tells kinds apart; empty for bytes, whose sign is in the body alone. */
export function kindRole(...tensors: readonly IntegerTensor[]): string {
  if (tensors.every(({ type }) => type.bits <= 8)) return "";
  return tensors.map((tensor) => `_${kindOf(tensor).slice(3).toLowerCase()}`).join("");
}

/** The C literal that tells kernels how to read a tensor's codes. */
export function signedLiteral({ type }: IntegerTensor): "0" | "1" {
  return type.signed ? "1" : "0";
}

/** A function of a tensor's codes, given from `low` upwards, in the order of qc_table_index. */
export function byElement(values: ArrayLike<number>, low: number, { type }: IntegerTensor): number[] {
  return type.bits <= 8 ? byByte(values, low) : Array.from(values);
}

/** Reorders a function of a code, given from `low` upwards, to be indexed by the stored byte. */
export function byByte(values: ArrayLike<number>, low: number): number[] {
  const table = new Array<number>(256).fill(0);
  for (let k = 0; k < values.length; k++) table[(low + k) & 255] = values[k]!;
  return table;
}

/** A C initialiser list. */
export function initialiser(values: readonly (number | string)[]): string {
  return `{${values.join(", ")}}`;
}
