/** Finds, and certifies, constants that compute a requantize layer (SPEC.md, "Staircases"). */
import { fail } from "../diagnostics.js";
import type { Certificate, ChannelConstants, Requantization } from "./requantization.js";
import type { RequantizeLayer } from "./requantize-layer.js";
import {
  binding,
  type Constraints,
  intersect,
  multipliers,
  offsets,
  type SlopeInterval,
  slopeInterval,
} from "./slopes.js";
import { isConstant, lastValue, type Staircase } from "./staircase.js";

export interface RealiseOptions {
  /** Preferred least shift; smaller ones are tried only when nothing from here to `maxShift` fits. */
  readonly minShift: number;
  readonly maxShift: number;
  /** Multipliers are below 2^maxMultiplierBits; at most 31. */
  readonly maxMultiplierBits?: number | undefined;
  /** Takes the smallest shift, hence the narrowest multipliers: for hardware, where width is area. */
  readonly narrow?: boolean | undefined;
}

/** Constraint classes: one offset b per class. Plain has one, sign and parity have two. */
const classOf: Record<Form, (at: number, parity: number) => 0 | 1> = {
  plain: () => 0,
  sign: (at) => (at < 0 ? 1 : 0),
  parity: (_at, parity) => (parity === 0 ? 0 : 1),
};

/**
 * The cheapest form whose constants are proved equal to every staircase of the layer over its whole reachable interval,
 * with one shift for all channels. Falls back to the `thresholds` form, which is the definition itself.
 */
export function realise(layer: RequantizeLayer, options: RealiseOptions): Requantization {
  return new LayerSolver(layer).realise(options);
}

/** Realises one layer for several options: what does not depend on them is worked out once. */
export class LayerSolver {
  readonly #layer: RequantizeLayer;
  readonly #problems = new Map<Form, readonly Problem[]>();

  constructor(layer: RequantizeLayer) {
    this.#layer = layer;
  }

  /** As the function `realise`. */
  realise(options: RealiseOptions): Requantization {
    const layer = this.#layer;
    if (layer.channels.some(({ identity }) => identity)) return identityOf(layer);
    const { form, shift, channels } = this.#solve(options) ?? { form: "thresholds", shift: 0, channels: [] };
    const certificate =
      form === "thresholds" ? { ...summary(layer), smallestMargin: 0n } : certify(layer, channels, shift, form);
    return { form, shift, channels, zeroPoint: layer.zeroPoint, clamp: layer.clamp, certificate };
  }

  /** The shift that `realise` takes; undefined for the thresholds form. */
  shift(options: RealiseOptions): number | undefined {
    if (this.#layer.channels.some(({ identity }) => identity)) return 0;
    return this.#solve(options)?.shift;
  }

  #solve(options: RealiseOptions): Solution | undefined {
    for (const form of ["plain", "sign", "parity"] as const) {
      const problems =
        this.#problems.get(form) ?? this.#layer.channels.map((each) => problemOf(each, this.#layer, form));
      this.#problems.set(form, problems);
      const found = solveForm(this.#layer, form, problems, options);
      if (found) return found;
    }
    return undefined;
  }
}

type Form = "plain" | "sign" | "parity";

interface Solution {
  readonly form: Form;
  readonly shift: number;
  readonly channels: readonly ChannelConstants[];
}

/** y = acc*1 + (first - lo): the plain form without a shift. Other channels of such a layer are constant. */
function identityOf(layer: RequantizeLayer): Requantization {
  const channels = layer.channels.map((staircase): ChannelConstants => {
    if (isConstant(staircase)) return { multiplier: 0, offset: BigInt(staircase.first), correction: 0n };
    if (!staircase.identity) return fail("QC3004", "a layer mixes identities with other staircases");
    return { multiplier: 1, offset: BigInt(staircase.first) - BigInt(staircase.lo), correction: 0n };
  });
  const certificate = { ...summary(layer), smallestMargin: 0n };
  return { form: "plain", shift: 0, channels, zeroPoint: layer.zeroPoint, clamp: layer.clamp, certificate };
}

function solveForm(
  layer: RequantizeLayer,
  form: Form,
  problems: readonly Problem[],
  options: RealiseOptions,
): Solution | undefined {
  const bits = options.maxMultiplierBits ?? 31;
  if (problems.some(({ split }) => split === undefined)) return undefined;
  for (const shift of candidateShifts(options)) {
    const channels: ChannelConstants[] = [];
    for (let c = 0; c < problems.length; c++) {
      const constants = solveChannel(layer.channels[c]!, problems[c]!, shift, bits);
      if (!constants) break;
      channels.push(constants);
    }
    if (channels.length === problems.length) return { form, shift, channels };
  }
  return undefined;
}

function candidateShifts({ minShift, maxShift, narrow }: RealiseOptions): number[] {
  const shifts: number[] = [];
  if (narrow) {
    for (let shift = 0; shift <= maxShift; shift++) shifts.push(shift);
    return shifts;
  }
  for (let shift = minShift; shift <= maxShift; shift++) shifts.push(shift);
  for (let shift = minShift - 1; shift >= 0; shift--) shifts.push(shift);
  return shifts;
}

/** One channel: its binding constraints by class, the slopes that serve all with one offset, and those that serve each class. */
interface Problem {
  readonly classes: readonly Constraints[];
  readonly whole: SlopeInterval | undefined;
  readonly split: SlopeInterval | undefined;
}

function problemOf(staircase: Staircase, layer: RequantizeLayer, form: Form): Problem {
  const classes =
    form === "plain" ? [plainConstraints(staircase, layer)] : constraintsOf(staircase, layer, form).map(binding);
  const split = intersect(classes.map(slopeInterval));
  if (classes.length === 1) return { classes, whole: split, split };
  const join = (side: "lower" | "upper") => ({
    at: classes.flatMap((constraints) => constraints[side].at),
    code: classes.flatMap((constraints) => constraints[side].code),
  });
  return { classes, whole: slopeInterval({ lower: join("lower"), upper: join("upper") }), split };
}

/** What several kernels and the report ask for, by layer. */
const plain = new WeakMap<RequantizeLayer, Map<Staircase, Constraints>>();

/** The binding constraints of one channel when one offset serves all accumulators; codes carry the zero point. */
export function plainConstraints(staircase: Staircase, layer: RequantizeLayer): Constraints {
  const known = plain.get(layer) ?? new Map<Staircase, Constraints>();
  plain.set(layer, known);
  const constraints = known.get(staircase) ?? binding(constraintsOf(staircase, layer, "plain")[0]!);
  known.set(staircase, constraints);
  return constraints;
}

/** Receives a bound of one class: at accumulator `at` the value is at least `code` (lower), or below it (upper). */
type Bound = (side: "lower" | "upper", index: 0 | 1, at: number, code: number) => void;

/** Every bound that a form's constants must keep for one channel; codes carry the zero point. */
function forEachBound(staircase: Staircase, layer: RequantizeLayer, form: Form, bound: Bound): void {
  const { thresholds, first, lo, hi } = staircase;
  const put = (side: "lower" | "upper", at: number, code: number) =>
    bound(side, classOf[form](at, (code - layer.zeroPoint) & 1), at, code);
  // At the interval's ends saturation forgives any overshoot; elsewhere the value must not go further.
  if (first > layer.clamp.lo) put("lower", lo, first);
  for (let k = 0; k < thresholds.length; k++) {
    put("lower", thresholds[k]!, first + k + 1);
    put("upper", thresholds[k]! - 1, first + k + 1);
  }
  const last = lastValue(staircase);
  if (last < layer.clamp.hi) put("upper", hi, last + 1);
}

/** Constraints of one channel, split into the form's classes. */
function constraintsOf(staircase: Staircase, layer: RequantizeLayer, form: Form): Constraints[] {
  const empty = () => ({ at: [] as number[], code: [] as number[] });
  const classes = Array.from({ length: form === "plain" ? 1 : 2 }, () => ({ lower: empty(), upper: empty() }));
  forEachBound(staircase, layer, form, (side, index, at, code) => {
    const bounds = classes[index]![side];
    bounds.at.push(at);
    bounds.code.push(code);
  });
  return classes;
}

function solveChannel(
  staircase: Staircase,
  { classes, whole, split }: Problem,
  shift: number,
  bits: number,
): ChannelConstants | undefined {
  if (staircase.thresholds.length === 0) {
    return { multiplier: 0, offset: BigInt(staircase.first) << BigInt(shift), correction: 0n };
  }
  // One offset for all classes where that is possible: a channel without ties stays plain inside a two-class layer.
  for (const interval of [whole, split]) {
    const range = interval && multipliers(interval, shift, bits);
    if (!range) continue;
    const multiplier = (range[0] + range[1]) / 2n; // the middle leaves the widest margins
    const solved = solveOffsets(classes, multiplier, shift);
    if (solved) return bounded(staircase, Number(multiplier), solved.offset, solved.correction, shift);
  }
  return undefined;
}

/** Offsets b of the first class and b - d of the second, 0 <= d <= 2^shift; d is 0 when one offset serves both. */
function solveOffsets(
  classes: readonly Constraints[],
  multiplier: bigint,
  shift: number,
): { offset: bigint; correction: bigint } | undefined {
  const ranges = classes.map((constraints) => offsets(constraints, multiplier, shift));
  const common = pick(maxOf(ranges.map((r) => r.least)), minOf(ranges.map((r) => r.greatest)), shift);
  if (common !== undefined) return { offset: common, correction: 0n };
  const [main, other] = ranges;
  if (!main || !other) return undefined;
  const offset = pick(main.least, main.greatest, shift);
  const second = pick(other.least, other.greatest, shift);
  if (offset === undefined || second === undefined) return undefined;
  const correction = offset - second;
  // parity needs 0 <= d < 2^shift; sign's d is 2^shift at most for any rounding rule.
  return correction >= 0n && correction <= 1n << BigInt(shift) ? { offset, correction } : undefined;
}

/** Refuses constants whose quotient could leave int32 or whose sums could leave 64 bits. */
function bounded(
  staircase: Staircase,
  multiplier: number,
  offset: bigint,
  correction: bigint,
  shift: number,
): ChannelConstants | undefined {
  const limit = 1n << 31n;
  for (const acc of [staircase.lo, staircase.hi]) {
    const value = (BigInt(acc) * BigInt(multiplier) + offset) >> BigInt(shift);
    const corrected = (BigInt(acc) * BigInt(multiplier) + offset - correction) >> BigInt(shift);
    if (value >= limit || corrected < -limit) return undefined;
  }
  // acc*m is below 2^62; with b and d below 2^61 every sum of the forms fits 64 bits.
  const wide = 1n << 61n;
  if (offset >= wide || offset < -wide || correction > wide) return undefined;
  return { multiplier, offset, correction };
}

/** A value in the middle of [least, greatest]; half a step inside when one end is open. */
function pick(least: bigint | undefined, greatest: bigint | undefined, shift: number): bigint | undefined {
  const half = (1n << BigInt(shift)) / 2n;
  if (least === undefined) return greatest === undefined ? half : greatest - half;
  if (greatest === undefined) return least + half;
  return least <= greatest ? (least + greatest) >> 1n : undefined;
}

function maxOf(values: readonly (bigint | undefined)[]): bigint | undefined {
  return values.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
}

function minOf(values: readonly (bigint | undefined)[]): bigint | undefined {
  return values.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);
}

function summary(layer: RequantizeLayer): Omit<Certificate, "smallestMargin"> {
  return {
    channels: layer.channels.length,
    thresholds: layer.channels.reduce((sum, staircase) => sum + staircase.thresholds.length, 0),
    constantChannels: layer.channels.filter(isConstant).length,
  };
}

/** More than the relative error of a sum of three terms in doubles. */
const roughness = 2 ** -50;

/** Re-checks every constraint with the final constants, independently of how they were found. */
function certify(
  layer: RequantizeLayer,
  channels: readonly ChannelConstants[],
  shift: number,
  form: Form,
): Certificate {
  const power = 1n << BigInt(shift);
  let smallestMargin: bigint | undefined;
  let smallest = Infinity;
  layer.channels.forEach((staircase, c) => {
    const { multiplier, offset, correction } = channels[c]!;
    const addends = [offset, offset - correction];
    const roughAddends = addends.map(Number);
    forEachBound(staircase, layer, form, (side, index, at, code) => {
      // Doubles tell most margins that are above the smallest for sure; the others are worked out in whole numbers.
      const [product, addend, bound] = [at * multiplier, roughAddends[index]!, code * 2 ** shift];
      const rough = side === "lower" ? product + addend - bound : bound - addend - product - 1;
      const error = roughness * (Math.abs(product) + Math.abs(addend) + Math.abs(bound) + smallest);
      if (rough - smallest > error) return;
      const value = BigInt(at) * BigInt(multiplier) + addends[index]! - BigInt(code) * power;
      const margin = side === "lower" ? value : -1n - value;
      if (margin < 0n) fail("QC3002", `internal: ${form} constants of channel ${c} miss a threshold`);
      if (smallestMargin === undefined || margin < smallestMargin) smallestMargin = margin;
      smallest = Number(smallestMargin);
    });
  });
  return { ...summary(layer), smallestMargin: smallestMargin ?? 0n };
}

/** Proves constants of the plain form, found elsewhere, equal to the layer's staircases; throws QC3002 where they are not. */
export function certifyPlain(
  layer: RequantizeLayer,
  channels: readonly ChannelConstants[],
  shift: number,
): Certificate {
  return certify(layer, channels, shift, "plain");
}
