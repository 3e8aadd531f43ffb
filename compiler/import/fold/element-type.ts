/** What a number becomes when it is stored as an element of an ONNX type. */
import { rint } from "../../arith/float32.js";
import { type Range, typeRange } from "../../ir/types.js";

export interface ElementType {
  readonly kind: "float" | "integer" | "bool";
  /** The exact result as the type holds it; undefined for what a double cannot hold exactly, such as wide 64-bit integers. */
  readonly store: (value: number | bigint) => number | undefined;
  /** Least and greatest value; infinite for floats. */
  readonly range: Range;
}

const unbounded: Range = { lo: -Infinity, hi: Infinity };

const float = (round: (value: number) => number): ElementType => ({
  kind: "float",
  store: (value) => round(Number(value)),
  range: unbounded,
});

/** Rounds to `precision` significant bits, ties to even, with subnormals below 2^least and infinity from 2^greatest on. */
function roundedTo(precision: number, least: number, greatest: number): (value: number) => number {
  return (value) => {
    if (value === 0 || !Number.isFinite(value)) return value;
    const magnitude = Math.abs(value);
    // log2 may round up to the next integer just below a power of two, never down past one.
    let exponent = Math.floor(Math.log2(magnitude));
    if (2 ** exponent > magnitude) exponent--;
    const step = 2 ** (Math.max(exponent, least) - precision + 1);
    const rounded = rint(magnitude / step) * step;
    return Math.sign(value) * (rounded >= 2 ** greatest ? Infinity : rounded);
  };
}

/** Whether a number is an exact integer: 64-bit ones at the ends of the safe range stand for all that lie beyond. */
export function isExact(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < Number.MAX_SAFE_INTEGER;
}

/** Two's complement: results wrap, as numpy and the runtimes compute them. */
function integer(bits: number, signed: boolean): ElementType {
  const range = typeRange({ bits, signed });
  return {
    kind: "integer",
    range,
    store: (value) => {
      if (typeof value === "number" && !isExact(value)) return undefined;
      const inside = value >= range.lo && value <= range.hi;
      const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
      const stored = inside ? Number(value) : Number(wrap(bits, BigInt(value)));
      // The sum turns -0 into 0, which integers do not tell apart.
      return isExact(stored) ? stored + 0 : undefined;
    },
  };
}

/** By ONNX TensorProto.DataType number. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  1: float(Math.fround),
  2: integer(8, false),
  3: integer(8, true),
  4: integer(16, false),
  5: integer(16, true),
  6: integer(32, true),
  7: integer(64, true),
  9: { kind: "bool", store: (value) => (Number(value) === 0 ? 0 : 1), range: { lo: 0, hi: 1 } },
  10: float(roundedTo(11, -14, 16)),
  11: float((value) => value),
  12: integer(32, false),
  13: integer(64, false),
  16: float(roundedTo(8, -126, 128)),
};

export const boolType = 9;

/** The element type of an ONNX type number; undefined for those that folding does not compute with. */
export function elementTypeOf(dataType: number): ElementType | undefined {
  return elementTypes[dataType];
}
