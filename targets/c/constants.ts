/** Constant arrays of a model, each stored once. */
import type { Fetch } from "../../compiler/plan/plan.js";
import type { Names } from "../mangle.js";
import type { CElement } from "./lowering.js";

export interface ConstantArray {
  readonly name: string;
  readonly element: CElement;
  readonly length: number;
  /** Initialiser lines. */
  readonly lines: readonly string[];
  readonly bytes: number;
  /** The plan's steps whose code reads it. */
  readonly steps: Set<number>;
}

const perLine: Record<CElement, number> = { int8_t: 24, uint8_t: 24, int16_t: 16, int32_t: 8, uint32_t: 8, int64_t: 4 };

const elementBytes: Record<CElement, number> = {
  int8_t: 1,
  uint8_t: 1,
  int16_t: 2,
  int32_t: 4,
  uint32_t: 4,
  int64_t: 8,
};

export class Constants {
  readonly arrays: ConstantArray[] = [];
  /** The step of the plan whose code is being made. */
  step = 0;
  readonly #byText = new Map<string, ConstantArray>();
  readonly #byName = new Map<string, ConstantArray>();

  /** `fetches`: by step, where copies of arrays lie in the arena. */
  constructor(
    readonly names: Names,
    readonly fetches: ReadonlyMap<number, readonly Fetch[]> = new Map(),
  ) {}

  /** The C expression by which the code of this step reads an array. */
  read(name: string): string {
    const array = this.#byName.get(name)!;
    array.steps.add(this.step);
    const fetch = this.fetches.get(this.step)?.find((candidate) => candidate.array === name);
    return fetch ? `((const ${array.element} *)(const void *)(arena + ${fetch.offset}))` : name;
  }

  /** The name of an array with these values; a new one is called after `wanted`. */
  place(wanted: string, element: CElement, values: ArrayLike<number | bigint>): string {
    const words = Array.from(values, (value) => literal(value, element));
    const text = `${element} ${words.join()}`;
    const known = this.#byText.get(text);
    if (known !== undefined) return known.name;
    const name = this.names.unique(wanted);
    const lines: string[] = [];
    for (let at = 0; at < words.length; at += perLine[element])
      lines.push(`${words.slice(at, at + perLine[element]).join(", ")},`);
    const bytes = words.length * elementBytes[element];
    const array = { name, element, length: words.length, lines, bytes, steps: new Set<number>() };
    this.arrays.push(array);
    this.#byText.set(text, array);
    this.#byName.set(name, array);
    return name;
  }
}

/** -2147483648 is no int literal in C, and unsigned ones need their suffix. */
function literal(value: number | bigint, element: CElement): string {
  if (element === "uint32_t") return `0x${value.toString(16).padStart(8, "0")}u`;
  if (element === "int64_t") return BigInt(value) === -(2n ** 63n) ? "INT64_MIN" : `INT64_C(${value})`;
  return Number(value) === -2147483648 ? "INT32_MIN" : `${value}`;
}
