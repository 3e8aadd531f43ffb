/** Constants of products as qc_mve_product.h reads them, for cores with Helium vectors. */
import { type HighWordRequantization, type RequantizeLayer, realiseHighWord } from "../../compiler/arith/index.js";
import { type IntegerTensor, typeRange } from "../../compiler/ir/index.js";
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

/** The vector form of a layer with 8-bit codes, on cores that have vectors; undefined where no certified one exists. */
export function mveRequantization(
  context: CContext,
  layer: RequantizeLayer,
  output: IntegerTensor,
): MveRequantization | undefined {
  if (!context.core.features.includes("mve")) return undefined;
  const constants = realiseHighWord(layer);
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

/** A matrix of the products that a layer computes; `channels[i]` is the layer's channel of row i. */
export interface MveProduct {
  readonly matrix: WeightMatrix;
  readonly firstChannel: number;
}

/** What the kernels' sums lack of the accumulators: they sum signed codes, unsigned ones less 128. */
export function mveMissing(weights: WeightMatrix["weights"], bias: Int32Array, zeroPoint: number, x: IntegerTensor) {
  const sums = weightSums(weights, bias.length);
  const zero = x.type.signed ? zeroPoint : zeroPoint - 128;
  return bias.map((value, o) => value - zero * sums[o]!);
}

/** Words of addends, multipliers and offsets (less 2^(shift - 1), see qc_mve.h) of four channels; -1 marks padding. */
export function mveConstants(
  { channels, scaleBits, shift }: HighWordRequantization,
  slots: readonly number[],
  missing: Int32Array,
): number[] {
  const of = (channel: number) => channels[channels.length === 1 ? 0 : channel]!;
  const row = (value: (channel: number) => number) => slots.map((slot) => (slot < 0 ? 0 : value(slot) >>> 0));
  return [
    ...row((slot) => (of(slot).addend + missing[slot]! * 2 ** scaleBits) % 2 ** 32),
    ...row((slot) => of(slot).multiplier),
    ...row((slot) => of(slot).offset - 2 ** (shift - 1)),
  ];
}

/** Weights and constants of all channels, `together` at a time (four, or eight with even channels' constants first). */
export function packMve(
  { matrix, firstChannel }: MveProduct,
  requantization: HighWordRequantization,
  missing: Int32Array,
  together: 4 | 8,
): number[] {
  const { channels, taps } = matrix;
  const slots = channelSlots(0, channels, together);
  const words: number[] = [];
  for (let block = 0; block < slots.length; block += together) {
    const rows = slots.slice(block, block + together);
    for (const step of stepsOf(taps)) {
      for (const row of rows) words.push(...byteWords(stepBytes(matrix, row, step)));
    }
    const quads = together === 4 ? [rows] : [0, 1].map((odd) => rows.filter((_, i) => i % 2 === odd));
    for (const quad of quads) {
      const layer = quad.map((row) => (row < 0 ? -1 : firstChannel + row));
      words.push(...mveConstants(requantization, layer, missing));
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
