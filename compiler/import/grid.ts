/** Values that are whole multiples of one unit by themselves: rounded, compared, or sums of products of codes. */
import { type Expression, type FunctionName, operandsOf } from "../arith/expression.js";
import { estimate } from "../arith/expression-float32.js";
import { f32 } from "../arith/float32.js";
import type { Quantization, Tensor } from "../ir/graph.js";
import { elementCount, type IntegerType, typeRange } from "../ir/types.js";
import type { OnnxTensor } from "./onnx.js";

/** All values are `scale * k` with whole k in [lo, hi]; the ends may be infinite. */
export interface Grid {
  readonly scale: number;
  readonly lo: number;
  readonly hi: number;
  /** Set where the values are any between the ends, in units of `scale`: bounds are known, a grid is not. */
  readonly continuous?: boolean;
}

export interface Bounds {
  readonly lo: number;
  readonly hi: number;
}

const everything: Bounds = { lo: -Infinity, hi: Infinity };

/** The grid of a function of values on the grid `x`; undefined when its values are on none that is known. */
export function gridOf(expression: Expression, x: Grid | undefined): Grid | undefined {
  if (expression === "x") return x?.continuous ? undefined : x;
  if (typeof expression !== "object" || "perChannel" in expression) return undefined;
  const [name] = expression;
  const operands = operandsOf(expression);
  return rules[name]?.(operands, x);
}

/** Two grids in whole multiples of one unit, which is a part of the first one's; undefined where there is none. */
export function onOneUnit(
  a: Grid,
  b: Grid,
): { readonly scale: number; readonly bounds: readonly [Bounds, Bounds] } | undefined {
  for (let divisor = 1; divisor <= finest; divisor++) {
    const scale = a.scale / divisor;
    const [first, second] = [onScale(a, scale), onScale(b, scale)];
    if (first && second) return { scale, bounds: [first, second] };
  }
  return undefined;
}

/** The grid of values that are on one of two grids; zero is on every one. */
export function gridUnion(a: Grid, b: Grid): Grid | undefined {
  const isZero = ({ lo, hi }: Grid) => lo === 0 && hi === 0;
  if (isZero(a)) return { scale: b.scale, lo: Math.min(b.lo, 0), hi: Math.max(b.hi, 0) };
  if (isZero(b)) return gridUnion(b, a);
  const found = onOneUnit(a, b);
  if (!found) return undefined;
  const [first, second] = found.bounds;
  return { scale: found.scale, lo: Math.min(first.lo, second.lo), hi: Math.max(first.hi, second.hi) };
}

/** The real values of a quantized tensor as a grid; undefined where it has several scales. */
export function tensorGrid({ type, quantization: { scales, zeroPoints } }: Tensor): Grid | undefined {
  if (scales.length !== 1) return undefined;
  const { lo, hi } = typeRange(type);
  return { scale: scales[0]!, lo: lo - zeroPoints[0]!, hi: hi - zeroPoints[0]! };
}

type Rule = (operands: readonly Expression[], x: Grid | undefined) => Grid | undefined;

/** Whole numbers between the real bounds of the operand. */
const whole: Rule = ([operand], x) => {
  const { lo, hi } = boundsOf(operand!, x);
  return { scale: 1, lo: Math.floor(lo), hi: Math.ceil(hi) };
};

const truth: Rule = () => ({ scale: 1, lo: 0, hi: 1 });

/** One operand on a grid and a constant, or two operands on one grid. */
function binary(
  operands: readonly Expression[],
  x: Grid | undefined,
  join: (a: Bounds, b: Bounds) => Bounds,
): Grid | undefined {
  const grids = operands.map((operand) => gridOf(operand, x));
  const own = grids.find((grid) => grid !== undefined)?.scale;
  if (own === undefined) return undefined;
  // A constant between the grid's values may still be on a finer one.
  for (let divisor = 1; divisor <= finest; divisor++) {
    const scale = own / divisor;
    const [a, b] = operands.map((operand, i) => (grids[i] ? onScale(grids[i], scale) : multiples(operand, scale)));
    if (a && b) return { scale, ...join(a, b) };
  }
  return undefined;
}

/** Steps of a grid are cut into so many parts at most. */
const finest = 16;

/** The grid in whole multiples of a unit that divides its own. */
function onScale({ scale, lo, hi }: Grid, unit: number): Bounds | undefined {
  const factor = scale / unit;
  return Number.isInteger(factor) && factor * unit === scale ? { lo: lo * factor, hi: hi * factor } : undefined;
}

/** Bounds of a constant in units of `scale`; undefined when it is no whole multiple. */
function multiples(constant: Expression, scale: number): Bounds | undefined {
  const values = constantValues(constant)?.map((value) => value / scale);
  if (!values?.every((value) => Number.isInteger(value) || !Number.isFinite(value))) return undefined;
  return { lo: Math.min(...values), hi: Math.max(...values) };
}

/** Values of an expression without x, one or one per channel of its only constant; undefined for others. */
function constantValues(expression: Expression): readonly number[] | undefined {
  if (typeof expression === "number") return [expression];
  if (typeof expression !== "object") return undefined;
  if ("perChannel" in expression) return expression.perChannel;
  return dependsOnX(expression) ? undefined : [estimate(expression, 0)];
}

function dependsOnX(expression: Expression): boolean {
  if (expression === "x") return true;
  return typeof expression === "object" && ("perChannel" in expression || operandsOf(expression).some(dependsOnX));
}

function scaled(grid: Grid | undefined, factor: number): Grid | undefined {
  if (!grid || !(Math.abs(factor) > 0 && Number.isFinite(factor))) return undefined;
  const { scale, lo, hi } = grid;
  return factor > 0 ? { scale: scale * factor, lo, hi } : { scale: -scale * factor, lo: -hi, hi: -lo };
}

/** Grid operand and constant factor of a product, in either order. */
const product: Rule = ([a, b], x) => {
  const [left, right] = [oneConstant(a!), oneConstant(b!)];
  if (right !== undefined) return scaled(gridOf(a!, x), right);
  return left === undefined ? undefined : scaled(gridOf(b!, x), left);
};

/** The value of an expression without x and without constants per channel. */
function oneConstant(expression: Expression): number | undefined {
  const values = constantValues(expression);
  return values?.length === 1 ? values[0] : undefined;
}

/** Only division by a power of two keeps the unit exact. */
const quotient: Rule = ([a, b], x) => {
  const divisor = oneConstant(b!);
  return divisor !== undefined && Number.isInteger(Math.log2(Math.abs(divisor)))
    ? scaled(gridOf(a!, x), 1 / divisor)
    : undefined;
};

const rules: Partial<Record<FunctionName, Rule>> = {
  Add: (operands, x) => binary(operands, x, (a, b) => ({ lo: a.lo + b.lo, hi: a.hi + b.hi })),
  Ceil: whole,
  Div: quotient,
  Floor: whole,
  Greater: truth,
  GreaterOrEqual: truth,
  Less: truth,
  LessOrEqual: truth,
  Max: (operands, x) => binary(operands, x, (a, b) => ({ lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) })),
  Min: (operands, x) => binary(operands, x, (a, b) => ({ lo: Math.min(a.lo, b.lo), hi: Math.min(a.hi, b.hi) })),
  Mul: product,
  Neg: ([operand], x) => scaled(gridOf(operand!, x), -1),
  Round: whole,
  Sign: () => ({ scale: 1, lo: -1, hi: 1 }),
  Sub: (operands, x) => binary(operands, x, (a, b) => ({ lo: a.lo - b.hi, hi: a.hi - b.lo })),
};

/** Real bounds of an expression, as far as bounds and constants tell. */
export function boundsOf(expression: Expression, x: Grid | undefined): Bounds {
  const constants = constantValues(expression);
  if (constants) return { lo: Math.min(...constants), hi: Math.max(...constants) };
  if (expression === "x") return x ? { lo: x.scale * x.lo, hi: x.scale * x.hi } : everything;
  if (typeof expression !== "object" || "perChannel" in expression) return everything;
  const [name] = expression;
  const [a, b] = operandsOf(expression).map((operand) => boundsOf(operand, x));
  return realBounds[name]?.(a!, b!) ?? everything;
}

const corners = (a: Bounds, b: Bounds, f: (x: number, y: number) => number): Bounds => {
  const values = [a.lo, a.hi].flatMap((x) => [b.lo, b.hi].map((y) => f(x, y)));
  return values.some(Number.isNaN) ? everything : { lo: Math.min(...values), hi: Math.max(...values) };
};

const realBounds: Partial<Record<FunctionName, (a: Bounds, b: Bounds) => Bounds>> = {
  Add: (a, b) => ({ lo: a.lo + b.lo, hi: a.hi + b.hi }),
  Ceil: (a) => ({ lo: Math.ceil(a.lo), hi: Math.ceil(a.hi) }),
  Div: (a, b) => (b.lo > 0 || b.hi < 0 ? corners(a, b, (x, y) => x / y) : everything),
  Floor: (a) => ({ lo: Math.floor(a.lo), hi: Math.floor(a.hi) }),
  Max: (a, b) => ({ lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }),
  Min: (a, b) => ({ lo: Math.min(a.lo, b.lo), hi: Math.min(a.hi, b.hi) }),
  Mul: (a, b) => corners(a, b, (x, y) => x * y),
  Neg: (a) => ({ lo: -a.hi, hi: -a.lo }),
  Round: (a) => ({ lo: Math.floor(a.lo), hi: Math.ceil(a.hi) }),
  Sigmoid: () => ({ lo: 0, hi: 1 }),
  Sub: (a, b) => ({ lo: a.lo - b.hi, hi: a.hi - b.lo }),
  Tanh: () => ({ lo: -1, hi: 1 }),
};

/** The narrowest usual type for whole numbers in [lo, hi]: 1 to 16 bits, else int32; undefined beyond. */
export function typeFor(lo: number, hi: number): IntegerType | undefined {
  if (lo >= 0 && hi < 2 ** 16) return { bits: Math.max(1, Math.ceil(Math.log2(hi + 1))), signed: false };
  for (let bits = 2; bits <= 16; bits++) {
    if (lo >= -(2 ** (bits - 1)) && hi < 2 ** (bits - 1)) return { bits, signed: true };
  }
  return lo >= -(2 ** 31) && hi < 2 ** 31 ? { bits: 32, signed: true } : undefined;
}

/**
 * Float constants as whole multiples of a float32 unit, at most 2^15 - 1 of them: how exporters store quantized weights once
 * their quantization is folded. Undefined when they are no such multiples; whole numbers are multiples of 1.
 */
export function multiplesOf(values: ArrayLike<number>): { codes: Int32Array; scale: number } | undefined {
  const magnitudes = Array.from(values, Math.abs).filter((value) => value > 0);
  if (!magnitudes.every(Number.isFinite)) return undefined;
  const most = magnitudes.reduce((a, b) => Math.max(a, b), 0);
  if (most < 2 ** 15 && magnitudes.every(Number.isInteger)) return { codes: Int32Array.from(values), scale: 1 };
  const least = magnitudes.reduce((a, b) => Math.min(a, b));
  for (let divisor = 1; divisor <= 64; divisor++) {
    const scale = f32(least / divisor);
    const codes = Int32Array.from(values, (value) => Math.round(value / scale));
    if (most / scale < 2 ** 15 && codes.every((code, k) => f32(code * scale) === values[k])) return { codes, scale };
  }
  return undefined;
}

/** A constant as codes with one unit, or with one per index of an axis; undefined when it has none. */
export function constantCodes({
  dims,
  values,
}: OnnxTensor): Pick<Tensor, "type" | "quantization" | "data"> | undefined {
  const whole = multiplesOf(values);
  if (whole) return withType(whole.codes, gridQuantization(whole.scale));
  for (const [axis, channels] of dims.entries()) {
    if (channels < 2) continue;
    const inner = elementCount(dims.slice(axis + 1));
    const channelOf = (k: number) => Math.floor(k / inner) % channels;
    const parts = Array.from({ length: channels }, (): number[] => []);
    for (let k = 0; k < values.length; k++) parts[channelOf(k)]!.push(values[k]!);
    const found = parts.map(multiplesOf);
    if (!found.every((part) => part !== undefined)) continue;
    const next = parts.map(() => 0);
    const codes = Int32Array.from(values, (_, k) => found[channelOf(k)]!.codes[next[channelOf(k)]!++]!);
    return withType(codes, { scales: found.map(({ scale }) => scale), zeroPoints: found.map(() => 0), axis });
  }
  return undefined;
}

function withType(data: Int32Array, quantization: Quantization) {
  const [lo, hi] = data.reduce(([a, b], code) => [Math.min(a!, code), Math.max(b!, code)], [0, 0]) as [number, number];
  const type = typeFor(lo, hi);
  return type && { type, quantization, data };
}

/** Quantization whose codes are the multiples themselves. */
export function gridQuantization(scale: number): Quantization {
  return { scales: [scale], zeroPoints: [0] };
}
