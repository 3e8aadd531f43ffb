/**
 * The arithmetic families. A family only *defines* what each requantization must compute; nothing else in the compiler
 * depends on which one was chosen (SPEC.md, "Three families").
 */
import type { RealClamp } from "../ir/graph.js";
import type { IntegerType, Range } from "../ir/types.js";
import { exact } from "./definitions/exact.js";
import { onnxruntime } from "./definitions/onnxruntime.js";
import { tflite } from "./definitions/tflite.js";
import type { Expression } from "./expression.js";
import type { Staircase } from "./staircase.js";

/** One output channel of a convolution or dense layer. Scales are float32 values. */
export interface ProductSpec {
  /** Whether the layer is a matrix product (Gemm, MatMul) rather than a convolution. */
  readonly dense: boolean;
  readonly inputScale: number;
  readonly weightScale: number;
  readonly outputScale: number;
  readonly outputZeroPoint: number;
  /** Integer bias, part of the accumulator; undefined when the layer has none. */
  readonly bias: number | undefined;
  /** Real value of one unit of `bias`. */
  readonly biasScale: number;
  readonly clamp: Range;
  /** Reachable accumulators, bias included. */
  readonly acc: Range;
}

export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface AddSpec {
  /** Non-decreasing function of the sum, applied before it is quantized; only `exact` has such. */
  readonly post?: Expression | undefined;
  /** Operand that is taken off the other instead of added. */
  readonly subtract?: "first" | "second" | undefined;
  readonly a: Affine & { readonly type: IntegerType };
  readonly b: Affine & { readonly type: IntegerType };
  readonly output: Affine;
  readonly clamp: Range;
}

/** y = staircase(tableA[a - low(a)] + tableB[b - low(b)]), an exact decomposition of the definition. */
export interface AddTables {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly sum: Staircase;
}

export interface AddDefinition {
  value(a: number, b: number): number;
  tables?(): AddTables | undefined;
  /** Each operand's term in output steps, where the value is a monotone function of the sum of these numbers. */
  readonly terms?: { readonly a: (code: number) => number; readonly b: (code: number) => number };
}

export interface MultiplySpec {
  readonly a: Affine;
  readonly b: Affine;
  readonly output: Affine;
  readonly clamp: Range;
  /** Reachable products (a - za)*(b - zb). */
  readonly product: Range;
}

export interface AveragePoolSpec {
  readonly input: Affine;
  readonly output: Affine;
  /** Number of summed codes. */
  readonly count: number;
  /** Whether the window covers the whole unpadded map. */
  readonly global: boolean;
  /** Whether the model calls it a mean, which TFLite computes differently from a pool. */
  readonly mean: boolean;
  readonly clamp: Range;
  /** Reachable sums of codes (zero points not subtracted). */
  readonly sum: Range;
}

export interface UnarySpec {
  readonly input: Affine;
  readonly output: Affine;
  readonly clamp: Range;
}

export interface ExpressionSpec extends UnarySpec {
  /** Without per-channel constants. */
  readonly expression: Expression;
}

export interface ExpressionDefinition {
  /** Output code for an input code; undefined where the function has no value there. */
  value(code: number): number | undefined;
  /** Set when the family has no definition of its own and `exact` stands in. */
  readonly fallback?: string;
}

export interface SoftmaxDefinition {
  readonly kind: "even" | "tflite";
  readonly exponentials: Uint32Array;
  readonly levels: number;
  readonly levelsShift: number;
}

export interface Numerics {
  readonly name: string;
  /** Codes a real clamp restricts the output to, within the type. */
  clampCodes(clamp: RealClamp, output: Affine, type: IntegerType): Range;
  product(spec: ProductSpec): Staircase;
  add(spec: AddSpec): AddDefinition;
  /** Output code for the product of two codes less their zero points. */
  multiply(spec: MultiplySpec): Staircase;
  /** `fallback` is set when the family has no integer definition for this case and `exact` stands in. */
  averagePool(spec: AveragePoolSpec): { readonly staircase: Staircase; readonly fallback?: string };
  /** Output code for an input code: requantization of a single tensor. */
  unary(spec: UnarySpec): (code: number) => number;
  /** A real function of a single tensor. */
  expression(spec: ExpressionSpec): ExpressionDefinition;
  softmax(input: Affine, output: Affine, where: string): SoftmaxDefinition;
}

export const numericsByName: ReadonlyMap<string, Numerics> = new Map(
  [exact, onnxruntime, tflite].map((numerics) => [numerics.name, numerics]),
);
