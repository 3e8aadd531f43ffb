/** Functions of one code as memories that the bits of the code address. */
import { fail } from "../../compiler/diagnostics.js";
import type { IntegerNode } from "../../compiler/ir/index.js";
import { packWord } from "./bits.js";
import type { Memory } from "./lowering.js";

/** Words of one memory at most: functions of 16-bit codes in four channels, or of 8-bit codes in 1,024. */
const mostWords = 2 ** 18;

/** Refuses (QC2002) tables of `count` functions of codes of `bits` bits that are larger than block memories. */
export function requireTable({ name }: Pick<IntegerNode, "name">, bits: number, count = 1): void {
  const words = count * 2 ** bits;
  requireTableWords(
    name,
    count === 1 ? `for codes of ${bits} bits` : `for codes of ${bits} bits in ${count} channels`,
    words,
  );
}

/** Refuses (QC2002) a table, described by what it is of or for, that is larger than block memories. */
export function requireTableWords(name: string, what: string, words: number): void {
  if (words <= mostWords) return;
  fail("QC2002", `a table ${what} has ${words} words; the Verilog target takes ${mostWords}`, name);
}

/**
 * Values in the order of the 2^bits addresses that codes are; `values[0]` belongs to code `low`, which is negative when
 * codes are signed. Addresses that are no codes hold `values[0]`.
 */
export function addressed(values: ArrayLike<number>, low: number, bits: number): number[] {
  return Array.from({ length: 2 ** bits }, (_, address) => {
    const code = low < 0 && address >= 2 ** (bits - 1) ? address - 2 ** bits : address;
    return values[code - low] ?? values[0]!;
  });
}

/** A memory of `width`-bit words that hold the values as two's complement. */
export function valueMemory(parameter: string, values: ArrayLike<number>, width: number): Memory {
  return { parameter, width, words: Array.from(values, (value) => packWord([{ value: BigInt(value), bits: width }])) };
}
