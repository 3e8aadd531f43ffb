/** Constant arrays of a model, each stored once. */
import type { Names } from "../mangle.js";
import type { CElement } from "./lowering.js";

export interface ConstantArray {
  readonly name: string;
  readonly element: CElement;
  readonly length: number;
  /** Initialiser lines. */
  readonly lines: readonly string[];
}

const perLine: Record<CElement, number> = { int8_t: 24, uint8_t: 24, int16_t: 16, int32_t: 8, uint32_t: 8, int64_t: 4 };

export class Constants {
  readonly arrays: ConstantArray[] = [];
  readonly #byText = new Map<string, string>();

  constructor(readonly names: Names) {}

  /** The name of an array with these values; a new one is called after `wanted`. */
  place(wanted: string, element: CElement, values: ArrayLike<number | bigint>): string {
    const words = Array.from(values, (value) => literal(value, element));
    const text = `${element} ${words.join()}`;
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const name = this.names.unique(wanted);
    this.#byText.set(text, name);
    const lines: string[] = [];
    for (let at = 0; at < words.length; at += perLine[element])
      lines.push(`${words.slice(at, at + perLine[element]).join(", ")},`);
    this.arrays.push({ name, element, length: words.length, lines });
    return name;
  }
}

/** -2147483648 is no int literal in C, and unsigned ones need their suffix. */
function literal(value: number | bigint, element: CElement): string {
  if (element === "uint32_t") return `0x${value.toString(16).padStart(8, "0")}u`;
  if (element === "int64_t") return BigInt(value) === -(2n ** 63n) ? "INT64_MIN" : `INT64_C(${value})`;
  return Number(value) === -2147483648 ? "INT32_MIN" : `${value}`;
}
