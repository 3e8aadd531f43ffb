/** Constants of products as qc_mve_product.h reads them, for cores with Helium vectors. */
import { type HighWordRequantization, type RequantizeLayer, realiseHighWord } from "../../compiler/arith/index.js";
import { type IntegerTensor, typeRange } from "../../compiler/ir/index.js";
import type { Core } from "../core.js";
import type { CContext } from "./lowering.js";
import { channelSlots, type WeightMatrix, weightSums } from "./matrix.js";
import { initialiser } from "./tensors.js";

/** What the vector kernels of a layer need besides their constants. */
export interface MveRequantization {
  readonly constants: HighWordRequantization;
  /** Declares `q` inside a shared function; may read parameters `lo` and `hi`. */
  readonly declaration: string;
  readonly parameters: readonly string[];
  readonly arguments: readonly string[];
  /** For the shared function's name. */
  readonly role: string;
}

const certified = new WeakMap<RequantizeLayer, HighWordRequantization | "none">();

/** Constants of a layer with 8-bit codes for vectors; undefined where no certified ones exist. Plans ask for a layer's scratch many times. */
export function vectorConstants(layer: RequantizeLayer): HighWordRequantization | undefined {
  const known = certified.get(layer) ?? realiseHighWord(layer, true) ?? "none";
  certified.set(layer, known);
  return known === "none" ? undefined : known;
}

/** Whether a core's vector kernels take a layer with 8-bit codes, so that no other kernel's scratch is needed. */
export function hasMveConstants(core: Core, layer: RequantizeLayer): boolean {
  return core.features.includes("mve") && vectorConstants(layer) !== undefined;
}

/** The vector form of a layer with 8-bit codes, on cores that have vectors; undefined where no certified one exists. */
export function mveRequantization(
  context: CContext,
  layer: RequantizeLayer,
  output: IntegerTensor,
): MveRequantization | undefined {
  if (!context.core.features.includes("mve")) return undefined;
  const constants = vectorConstants(layer);
  if (!constants) return undefined;
  const byte = typeRange({ ...output.type, bits: 8 });
  const { lo, hi } = layer.clamp;
  const clipped = lo !== byte.lo || hi !== byte.hi;
  const limits = clipped ? ["lo", "hi"] : [lo, hi];
  const q = [2 ** constants.scaleBits, constants.shift, ...limits, output.type.signed ? 1 : 0, clipped ? 1 : 0];
  return {
    constants,
    declaration: `const qc_mve_requant q = ${initialiser(q)};`,
    parameters: clipped ? ["int32_t lo", "int32_t hi"] : [],
    arguments: clipped ? [`${lo}`, `${hi}`] : [],
    role: `mve_${constants.shift}`,
  };
}

/** What the kernels' sums lack of the accumulators: they sum signed codes, unsigned ones less 128. */
export function mveMissing(weights: WeightMatrix["weights"], bias: Int32Array, zeroPoint: number, x: IntegerTensor) {
  const sums = weightSums(weights, bias.length);
  const zero = x.type.signed ? zeroPoint : zeroPoint - 128;
  return bias.map((value, o) => value - zero * sums[o]!);
}

/** A layer's channel in every place of a kernel's block; -1 marks padding. */
type Slots = readonly number[];

/** Channels 0, 2, 4, 6 of eight, then 1, 3, 5, 7. */
export const evenFirst = (slots: Slots) => [0, 2, 4, 6, 1, 3, 5, 7].map((at) => slots[at]!);

/** Addend and multiplier of a channel, as unsigned words; `missing`: what the kernel's sum lacks of the accumulator. */
export function mveChannel(
  { channels, scaleBits }: HighWordRequantization,
  channel: number,
  missing: Int32Array,
): { readonly addend: number; readonly multiplier: number } {
  const { constant, addend, multiplier } = channels[channels.length === 1 ? 0 : channel]!;
  const whole = constant ? addend : (addend + missing[channel]! * 2 ** scaleBits) % 2 ** 32;
  return { addend: whole >>> 0, multiplier };
}

/** The constants of eight channels (qc_mve.h). */
export function mveConstants(requantization: HighWordRequantization, slots: Slots, missing: Int32Array): number[] {
  const padding = { addend: 0, multiplier: 0 };
  const channels = evenFirst(slots).map((slot) => (slot < 0 ? padding : mveChannel(requantization, slot, missing)));
  return [...channels.map(({ addend }) => addend), ...channels.map(({ multiplier }) => multiplier)];
}

/** Whether there are constants and all multipliers are even, so that doubling multiplies (VQDMULH) serve with their halves. */
export function hasEvenMultipliers(constants: HighWordRequantization | undefined): boolean {
  return constants !== undefined && constants.channels.every(({ multiplier }) => multiplier % 2 === 0);
}

/** Whether the kernel's sum of a channel must be 0 (HighWordChannel). */
export function isMuted({ channels }: HighWordRequantization, channel: number): boolean {
  return channels[channels.length === 1 ? 0 : channel]!.constant;
}

/**
 * Weights and constants of a matrix whose row r is the layer's channel `first + r`, eight rows at a time: for pairs of
 * pixels or for rows (qc_mve_product.h).
 */
export function packMve(
  matrix: WeightMatrix,
  first: number,
  requantization: HighWordRequantization,
  missing: Int32Array,
  reader: "pairs" | "rows",
): number[] {
  const { channels, taps } = matrix;
  const slots = channelSlots(0, channels, 8).map((row) =>
    row < 0 ? { row, channel: -1 } : { row: isMuted(requantization, first + row) ? -1 : row, channel: first + row },
  );
  const words: number[] = [];
  const put = (rows: Slots) => {
    for (const step of stepsOf(taps)) for (const row of rows) words.push(...byteWords(stepBytes(matrix, row, step)));
  };
  for (let block = 0; block < slots.length; block += 8) {
    const eight = slots.slice(block, block + 8);
    const rows = eight.map(({ row }) => row);
    if (reader === "rows") put(rows);
    else for (const half of [evenFirst(rows).slice(0, 4), evenFirst(rows).slice(4)]) put(half);
    words.push(
      ...mveConstants(
        requantization,
        eight.map(({ channel }) => channel),
        missing,
      ),
    );
  }
  return words;
}

/**
 * Weights and constants of a matrix, two rows at a time: per step of packMve 16 of each, then addend and half the multiplier of each
 * (qc_conv2d_pixels_mve.h). An odd last row makes a pair with the row before.
 */
export function packMvePairs(
  matrix: WeightMatrix,
  requantization: HighWordRequantization,
  missing: Int32Array,
): number[] {
  const { channels, taps } = matrix;
  const words: number[] = [];
  for (let first = 0; first < channels; first += 2) {
    const pair = [Math.min(first, channels - 2), Math.min(first, channels - 2) + 1];
    const rows = pair.map((row) => (isMuted(requantization, row) ? -1 : row));
    for (const step of stepsOf(taps)) for (const row of rows) words.push(...byteWords(stepBytes(matrix, row, step)));
    for (const row of pair) {
      const { addend, multiplier } = mveChannel(requantization, row, missing);
      words.push(addend, multiplier / 2);
    }
  }
  return words;
}

interface Step {
  /** Tap of the first byte. */
  readonly start: number;
  /** Earlier taps belong to other steps. */
  readonly from: number;
}

/** The last step comes first and ends with the last tap. */
function stepsOf(taps: number): Step[] {
  const later = Math.ceil(taps / 16) - 1;
  const first = { start: Math.max(0, taps - 16), from: 16 * later };
  return [first, ...Array.from({ length: later }, (_, step) => ({ start: 16 * step, from: 16 * step }))];
}

/** The 16 weights of a row in one step. */
function stepBytes({ taps, weights }: WeightMatrix, row: number, { start, from }: Step): number[] {
  return Array.from({ length: 16 }, (_, byte) => {
    const tap = start + byte;
    return row >= 0 && tap >= from && tap < taps ? weights[row * taps + tap]! : 0;
  });
}

/** Signed bytes as words of four, the first lowest. Their number is a multiple of four. */
export function byteWords(bytes: readonly number[]): number[] {
  const byte = (at: number) => (bytes[at]! & 255) << (8 * (at % 4));
  return Array.from(
    { length: bytes.length / 4 },
    (_, word) => (byte(4 * word) | byte(4 * word + 1) | byte(4 * word + 2) | byte(4 * word + 3)) >>> 0,
  );
}
