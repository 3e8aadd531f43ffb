/** Elementwise sum of two operands. */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import type { Range } from "../../ir/types.js";
import type { ConstantOperand } from "../second-operand.js";

/** Real-valued form: a + b, or with the operand named by `subtract` taken off the other. */
export interface AddGraphAttributes {
  readonly subtract?: "first" | "second";
}

/** y = clamp((a*ma + b*mb + c) >> shift); the sum fits int32 for all codes. */
export interface AddLinear {
  readonly ma: number;
  readonly mb: number;
  readonly c: number;
  readonly shift: number;
}

/** y = staircase(a[code - aLow] + b[code - bLow]). */
export interface AddSum {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly requantize: RequantizeLayer;
}

/** Operands of at most 8 bits: the function is its complete table. */
export interface AddBytes {
  readonly wide?: undefined;
  /** Smallest code of each operand's type: row and column 0 of the table. */
  readonly aLow: number;
  readonly bLow: number;
  /** Output codes: `values[(a - aLow) * 256 + (b - bLow)]`. */
  readonly values: Int32Array;
  /** The certified linear form; undefined when none exists. */
  readonly linear?: AddLinear | undefined;
  /** The general certified form, present when `linear` is not. */
  readonly tables?: AddSum | undefined;
}

/** y = staircase(a*weights[0] + b*weights[1]); each product, and their sum, fits int32 for all reachable codes. */
export interface AddWeights {
  readonly kind: "weights";
  readonly weights: readonly [number, number];
  readonly requantize: RequantizeLayer;
}

/** y = clamp(zeroPoint + round-half-even((a*weights[0] + b*weights[1] + offset) / denominator)), and how it is computed. */
export interface AddTied {
  readonly kind: "tied";
  readonly weights: readonly [bigint, bigint];
  readonly offset: bigint;
  readonly denominator: bigint;
  readonly zeroPoint: number;
  readonly form: TiedForm;
}

/**
 * u = a*units[0]*ma + b*units[1]*mb + c;  y = clamp((u - (((u >> shift) ^ zeroPoint) & 1 ? correction : 0)) >> shift): ties, and nothing
 * else, lie less than `correction` above a multiple of 2^shift. ma and mb fit 46 bits, c fits 62.
 */
export interface TiedForm {
  /** Powers of two; codes times them have 16 bits. */
  readonly units: readonly [number, number];
  readonly ma: bigint;
  readonly mb: bigint;
  readonly c: bigint;
  readonly shift: number;
  readonly correction: bigint;
}

/** Operands of more than 8 bits. */
export interface AddWide {
  readonly wide: AddWeights | AddTied;
  readonly linear?: undefined;
  readonly tables?: undefined;
}

export type AddAttributes = ConstantOperand & { readonly clamp: Range } & (AddBytes | AddWide);
