/** Activation tensors as the C kernels see them. */
import { fail } from "../../compiler/diagnostics.js";
import { bytesPerElement, type IntegerNode, type IntegerTensor } from "../../compiler/ir/index.js";
import type { Weights } from "../../compiler/ops/weights.js";

/** Refuses tensors that do not store one byte per code. Throws QC2002. */
export function requireBytes(node: IntegerNode): void {
  for (const { name, type } of [...node.inputs, node.output]) {
    if (type.bits > 8) {
      fail(
        "QC2002",
        `'${name}' has ${type.bits}-bit codes; the C kernels take at most 8. Quantize it to int8 or uint8.`,
        node.name,
      );
    }
  }
}

/** Refuses weights that do not store one byte each. Throws QC2002. */
export function requireByteWeights({ name, attributes }: IntegerNode<{ readonly weights: Weights }>): void {
  if (attributes.weights instanceof Int8Array) return;
  fail("QC2002", "the weights less their zero point leave int8; the C kernels take int8 weights.", name);
}

/** The C literal that tells kernels how to read a tensor's codes. */
export function signedLiteral({ type }: IntegerTensor): "0" | "1" {
  return type.signed ? "1" : "0";
}

/** How qc_element.h reads and writes a tensor's codes. */
export function elementKind({ type }: IntegerTensor): string {
  return `QC_${type.signed ? "S" : "U"}${8 * bytesPerElement(type)}`;
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
