/** Value types shared by every form of the compiler: integer types, shapes and proven ranges. */

/** A two's complement (or unsigned) integer of 1 to 32 bits. */
export interface IntegerType {
  readonly bits: number;
  readonly signed: boolean;
}

export const int8: IntegerType = { bits: 8, signed: true };
export const uint8: IntegerType = { bits: 8, signed: false };
export const int32: IntegerType = { bits: 32, signed: true };

/** Dimensions, outermost first. The batch dimension is kept and is 1. */
export type Shape = readonly number[];

/** A closed interval of integers. */
export interface Range {
  readonly lo: number;
  readonly hi: number;
}

/** Most elements of an activation: 4 MiB of codes, the memory of the largest target, yet little enough to compile in seconds. */
export const maximumElements = 2 ** 22;

/** Number of elements of a shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Smallest and largest value of an integer type. */
export function typeRange(type: IntegerType): Range {
  return type.signed
    ? { lo: -(2 ** (type.bits - 1)), hi: 2 ** (type.bits - 1) - 1 }
    : { lo: 0, hi: 2 ** type.bits - 1 };
}

/** Bytes one element takes in memory: whole bytes, a power of two. */
export function bytesPerElement(type: IntegerType): number {
  return type.bits <= 8 ? 1 : type.bits <= 16 ? 2 : 4;
}

/** The type's name as printed in all text forms, such as `int8` or `uint4`. */
export function typeName(type: IntegerType): string {
  return `${type.signed ? "int" : "uint"}${type.bits}`;
}
