/** Values that no QuantizeLinear follows: which quantization they have by themselves, or get at the graph's end. */
import { type Expression, operandsOf } from "../arith/expression.js";
import type { Quantization } from "../ir/graph.js";
import { type IntegerType, typeName } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import { boundsOf, type Grid, gridOf, gridQuantization, tensorGrid, typeFor } from "./grid.js";
import type { Pending, Unquantized } from "./rules.js";

export interface Implied {
  readonly type: IntegerType;
  readonly quantization: Quantization;
}

/** What the value is a function of, on its grid or between its bounds, and the function with its bounds. */
function sourceOf(value: Unquantized): { readonly grid: Grid | undefined; readonly expression: Expression } {
  if (value.kind === "float-input") return { grid: undefined, expression: value.expression ?? "x" };
  const { op, inputs, attributes, post, clamp } = value;
  const own = (attributes as { readonly expression?: Expression }).expression;
  const isFunction = own !== undefined || op === "table" || op === "channel-table";
  const grid = isFunction ? tensorGrid(inputs[0]!) : resultGrid(value);
  let expression = post ?? own ?? "x";
  if (clamp.min !== -Infinity) expression = ["Max", expression, clamp.min];
  if (clamp.max !== Infinity) expression = ["Min", expression, clamp.max];
  return { grid, expression };
}

/** The unit of an operation's results, or their bounds alone. */
function resultGrid({ op, inputs, attributes }: Pending): Grid | undefined {
  const { unit, reach } = opHomes.get(op)!;
  const own = unit?.({ inputs, attributes });
  const bounds = own ? undefined : reach?.({ inputs, attributes });
  return own ?? (bounds && { scale: 1, lo: bounds.min, hi: bounds.max, continuous: true });
}

/** The quantization in which every value is exactly a code of at most so many bits; undefined where there is none. */
export function exactQuantization(value: Unquantized, mostBits = 16): Implied | undefined {
  const { grid, expression } = sourceOf(value);
  const found = gridOf(expression, grid);
  const type = found && typeFor(found.lo, found.hi);
  return type && type.bits <= mostBits ? { type, quantization: gridQuantization(found.scale) } : undefined;
}

/** An accumulator that becomes the graph's output as it is, and the factor from its unit to the value. */
export interface RawOutput {
  readonly unit: number;
  readonly factor: number | readonly number[];
}

/** Whether the value is an accumulator of a known unit times constants; undefined otherwise. */
export function rawOutput(value: Pending): RawOutput | undefined {
  const bounded = value.clamp.min !== -Infinity || value.clamp.max !== Infinity;
  const home = opHomes.get(value.op)!;
  const unit = home.unit?.(value)?.scale;
  const factor = factorOf(value.post ?? "x");
  return bounded || unit === undefined || factor === undefined ? undefined : { unit, factor };
}

/** The constant c, or one per channel, of an expression c*x. */
function factorOf(expression: Expression): number | readonly number[] | undefined {
  if (expression === "x") return 1;
  if (typeof expression !== "object" || "perChannel" in expression) return undefined;
  const [name] = expression;
  const [a, b] = operandsOf(expression);
  if (name !== "Mul" && name !== "Div") return undefined;
  const [left, right] = [factorOf(a!) ?? constantOf(a!), factorOf(b!) ?? constantOf(b!)];
  if (left === undefined || right === undefined || (name === "Div" && typeof right !== "number")) return undefined;
  return name === "Div" ? times(left, 1 / (right as number)) : times(left, right);
}

function constantOf(expression: Expression): number | readonly number[] | undefined {
  if (typeof expression === "number") return expression;
  return typeof expression === "object" && "perChannel" in expression ? expression.perChannel : undefined;
}

function times(a: number | readonly number[], b: number | readonly number[]): number | readonly number[] | undefined {
  if (typeof a === "number") return typeof b === "number" ? a * b : b.map((value) => a * value);
  return typeof b === "number" ? a.map((value) => value * b) : undefined;
}

/** A quantization of qcompile's choice for a float graph output: 16 bits over all reachable values; undefined when they have no known bounds. */
export function chosenQuantization(value: Pending): Implied | undefined {
  const home = opHomes.get(value.op)!;
  if (home.natural) return home.natural(value.attributes);
  const most = magnitudeOf(value);
  if (!(most > 0 && Number.isFinite(most))) return undefined;
  const scale = 2 ** Math.ceil(Math.log2(most / 32767));
  return { type: { bits: 16, signed: true }, quantization: gridQuantization(scale) };
}

/** The largest magnitude that the value can have, infinite where no bounds are known. */
function magnitudeOf(value: Pending): number {
  const { grid, expression } = sourceOf(value);
  const reach = opHomes.get(value.op)!.reach?.(value);
  // As a grid of whatever unit: only its ends count here.
  const { lo, hi } = boundsOf(expression, reach ? { scale: 1, lo: reach.min, hi: reach.max } : grid);
  return Math.max(-lo, hi);
}

/** Whole numbers of a unit that is far below what matters, for functions of at most 8 bits: int32 codes; undefined where they do not fit. */
export function fineQuantization(value: Pending, unit: number): Implied | undefined {
  const { bits } = value.inputs[0]!.type;
  const isFunction = value.op === "table" || value.op === "channel-table";
  if (!isFunction || bits > 8 || !(magnitudeOf(value) < 2 ** 31 * unit)) return undefined;
  return { type: { bits: 32, signed: true }, quantization: gridQuantization(unit) };
}

/** `int16 codes of scale 0.5` for notes. */
export function describeImplied({ type, quantization }: Implied): string {
  return `${typeName(type)} codes of scale ${quantization.scales[0]} and zero point ${quantization.zeroPoints[0]}`;
}
