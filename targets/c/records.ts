/** Requantization constants as the records that qc_requantize.h reads. */
import {
  type ChannelConstants,
  type HighWordChannel,
  type HighWordRequantization,
  type RequantizationForm,
  type RequantizeLayer,
  realiseHighWord,
  type Staircase,
} from "../../compiler/arith/index.js";
import { fail } from "../../compiler/diagnostics.js";
import { type IntegerType, typeRange } from "../../compiler/ir/index.js";
import type { CContext } from "./lowering.js";
import { initialiser } from "./tensors.js";

const formName: Record<RequantizationForm, string> = {
  plain: "QC_PLAIN",
  sign: "QC_SIGN",
  parity: "QC_PARITY",
  thresholds: "QC_THRESHOLDS",
};

export interface Records {
  /** C name of the int32 array. */
  readonly name: string;
  /** Declares `q` inside a shared function; may read parameters `lo` and `hi`. */
  readonly declaration: string;
  /** Parameters that the shared function needs for `declaration`, and the arguments of this layer. */
  readonly parameters: readonly string[];
  readonly arguments: readonly string[];
  /** For the shared function's name, such as `plain_34`. */
  readonly role: string;
}

/**
 * Places a layer's records. `slots[i]` is the output channel of record i, or -1 for padding. The kernel's accumulator of
 * channel c lacks `missing[c]` of the staircase's.
 */
export function placeRecords(
  context: CContext,
  layer: RequantizeLayer,
  type: IntegerType,
  slots: ArrayLike<number>,
  missing: ArrayLike<number>,
): Records {
  const { name, shift, words, role } = formOf(context, layer, slots, missing);
  const { zeroPoint, clamp } = layer;
  const full = typeRange(type);
  // Saturation at the type's own limits is common and cheap; other clamps stay parameters, so that layers share code.
  const whole = clamp.lo === full.lo && clamp.hi === full.hi;
  const limits = whole ? [full.lo, full.hi] : ["lo", "hi"];
  const q = [name, shift, zeroPoint & 1, ...limits];
  return {
    name: context.constant("records", "int32_t", words),
    declaration: `const qc_requant q = ${initialiser(q)};`,
    parameters: whole ? [] : ["int32_t lo", "int32_t hi"],
    arguments: whole ? [] : [`${clamp.lo}`, `${clamp.hi}`],
    role,
  };
}

interface Form {
  /** In C. */
  readonly name: string;
  readonly shift: number;
  readonly words: readonly number[];
  readonly role: string;
}

const certified = new WeakMap<RequantizeLayer, HighWordRequantization | "none">();

/** High words for kernels that keep all weights; plans ask for a layer's scratch many times. */
function highWord(layer: RequantizeLayer): HighWordRequantization | undefined {
  const known = certified.get(layer) ?? certify(layer) ?? "none";
  certified.set(layer, known);
  return known === "none" ? undefined : known;
}

function certify(layer: RequantizeLayer): HighWordRequantization | undefined {
  // Long results need finer slopes than the high word has.
  if (layer.clamp.hi - layer.clamp.lo > 255) return undefined;
  const found = realiseHighWord(layer, false);
  // A constant needs a sum of 0, which only kernels that drop its weights have.
  return found?.scaleBits === 8 && !found.channels.some(({ constant }) => constant) ? found : undefined;
}

/** Whether a layer's records are of high words on cores for which these are cheaper. */
export const hasHighWordRecords = (layer: RequantizeLayer): boolean => highWord(layer) !== undefined;

/** The layer's cheapest certified form on this core. */
function formOf(context: CContext, layer: RequantizeLayer, slots: ArrayLike<number>, missing: ArrayLike<number>): Form {
  const found = context.core.features.includes("high-word") ? highWord(layer) : undefined;
  if (found) {
    const words = highWordRecords(found.channels, slots, missing);
    return { name: "QC_HIGH_WORD", shift: found.shift, words, role: `high_word_${found.shift}` };
  }
  const { form, shift, channels } = context.requantization(layer);
  if (form === "thresholds") {
    const words = thresholdRecords(layer.channels, slots, missing);
    return { name: formName[form], shift, words, role: form };
  }
  const words = multiplyRecords(channels, form, slots, missing);
  return { name: formName[form], shift, words, role: `${form}_${shift}` };
}

/** 256*(acc + missing) + addend = 256*acc + (addend + 256*missing), modulo 2^32. */
function highWordRecords(
  channels: readonly HighWordChannel[],
  slots: ArrayLike<number>,
  missing: ArrayLike<number>,
): number[] {
  return Array.from(slots, (channel) => {
    if (channel < 0) return [0, 0];
    const { addend, multiplier } = pick(channels, channel);
    return [(addend + 256 * missing[channel]!) | 0, multiplier];
  }).flat();
}

function pick<T>(list: readonly T[], channel: number): T {
  return list[list.length === 1 ? 0 : channel]!;
}

const low = (value: bigint) => Number(BigInt.asIntN(32, value));
const high = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n));

/** (acc + missing)*m + b = acc*m + (b + missing*m); the sign form keeps `missing`, for the sign of the whole. */
function multiplyRecords(
  channels: readonly ChannelConstants[],
  form: "plain" | "sign" | "parity",
  slots: ArrayLike<number>,
  missing: ArrayLike<number>,
): number[] {
  const length = { plain: 3, parity: 5, sign: 6 }[form];
  return Array.from(slots, (channel) => {
    if (channel < 0) return new Array<number>(length).fill(0);
    const { multiplier, offset, correction } = pick(channels, channel);
    const bias = missing[channel]!;
    const folded = form === "sign" ? offset : offset + BigInt(bias) * BigInt(multiplier);
    if (folded !== BigInt.asIntN(63, folded)) {
      fail("QC3002", `the offset ${folded} of output channel ${channel} leaves 63 bits; expected a smaller bias.`);
    }
    const record = [multiplier, low(folded), high(folded), low(correction), high(correction), bias];
    return record.slice(0, length);
  }).flat();
}

/** {first, count, distance to the thresholds} per record, then all thresholds. */
function thresholdRecords(
  staircases: readonly Staircase[],
  slots: ArrayLike<number>,
  missing: ArrayLike<number>,
): number[] {
  const head: number[] = [];
  const tail: number[] = [];
  for (let i = 0; i < slots.length; i++) {
    const channel = slots[i]!;
    const { first, thresholds } = channel < 0 ? { first: 0, thresholds: new Int32Array() } : pick(staircases, channel);
    head.push(first, thresholds.length, 3 * (slots.length - i) + tail.length);
    for (const threshold of thresholds) tail.push(threshold - (channel < 0 ? 0 : missing[channel]!));
  }
  return [...head, ...tail];
}
