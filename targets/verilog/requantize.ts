/** Parameters and constants of qc_requant for a requantize layer. */
import { type ChannelConstants, type RequantizeLayer, realise, type Staircase } from "../../compiler/arith/index.js";
import { fail } from "../../compiler/diagnostics.js";
import type { IntegerType } from "../../compiler/ir/index.js";
import { circuitRealisation } from "../realisation.js";
import { extent, packWord, signedBits, unsignedBits } from "./bits.js";

const formCode = { plain: 0, sign: 1, parity: 2, thresholds: 3 } as const;

export interface RequantCircuit {
  /** FORM, ACC_BITS, OUT_BITS, WORD_BITS, field widths, SHIFT, ZERO_POINT, CLAMP_LO and CLAMP_HI. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Words of the constants memory. */
  readonly words: readonly bigint[];
  /** Channels the memory holds: 1 when all have the same constants. */
  readonly channels: number;
}

/** One channel: its staircase, and what the circuit's accumulator lacks of the staircase's (`bias`). */
interface Channel {
  readonly staircase: Staircase;
  readonly bias: bigint;
}

/** Widths of the scalar functions' arguments. */
const mostAccBits = 32;
const mostOffsetBits = 63;

/** Words of the search trees at most, in block memories. */
const mostTreeWords = 2 ** 16;

/**
 * The circuit computes y = layer(raw + biases[channel]), codes of type `output`; `raw` is what its accumulator, of at least
 * `leastAccBits`, holds. Plain and parity forms take the bias into the offset, (raw + bias)*m + b = raw*m + (bias*m + b);
 * thresholds move down by it. The bias stays a field of its own where the sign of raw + bias is asked for (sign form) and where raw or the offset
 * would be too wide: then raw may wrap at 32 bits, since raw + bias fits them.
 */
export function requantCircuit(
  layer: RequantizeLayer,
  biases: readonly bigint[],
  { bits }: IntegerType,
  leastAccBits = 1,
): RequantCircuit {
  const pick = <T>(list: readonly T[], channel: number): T => list[list.length === 1 ? 0 : channel]!;
  const channels = biases.map((bias, c): Channel => ({ staircase: pick(layer.channels, c), bias }));
  const raw = channels.flatMap(({ staircase, bias }) => [BigInt(staircase.lo) - bias, BigInt(staircase.hi) - bias]);
  const rawBits = signedBits(extent(raw).lo, extent(raw).hi);
  const accBits = Math.max(leastAccBits, Math.min(rawBits, mostAccBits));
  const requantization = realise(layer, circuitRealisation);
  const common = {
    FORM: formCode[requantization.form],
    ACC_BITS: accBits,
    OUT_BITS: bits,
    ZERO_POINT: layer.zeroPoint,
    CLAMP_LO: layer.clamp.lo,
    CLAMP_HI: layer.clamp.hi,
  };
  const { form, shift } = requantization;
  if (form === "thresholds") {
    if (rawBits > mostAccBits) tooWide("accumulators", rawBits, mostAccBits);
    return thresholdCircuit(channels, common);
  }
  const constants = channels.map((channel, c) => ({ ...channel, ...pick(requantization.channels, c) }));
  const wide = constants.some(({ bias, offset, multiplier }) => {
    const folded = offset + bias * BigInt(multiplier);
    return signedBits(folded, folded) > mostOffsetBits;
  });
  return multiplyCircuit(constants, form, shift, common, form === "sign" || rawBits > mostAccBits || wide);
}

function multiplyCircuit(
  channels: readonly (Channel & ChannelConstants)[],
  form: "plain" | "sign" | "parity",
  shift: number,
  common: Readonly<Record<string, number>>,
  keepsBias: boolean,
): RequantCircuit {
  const constants = channels.map(({ staircase, bias, multiplier, offset, correction }) => {
    const m = BigInt(multiplier);
    const ends = [BigInt(staircase.lo) * m + offset, BigInt(staircase.hi) * m + offset];
    return { m, b: keepsBias ? offset : offset + bias * m, d: correction, bias, ends };
  });
  const multiplierBits = unsignedBits(extent(constants.map(({ m }) => m)).hi);
  const offsets = extent(constants.map(({ b }) => b));
  const offsetBits = signedBits(offsets.lo, offsets.hi);
  const correctionBits = unsignedBits(extent(constants.map(({ d }) => d)).hi);
  const biases = extent(constants.map(({ bias }) => bias));
  const biasBits = keepsBias ? Math.min(signedBits(biases.lo, biases.hi), mostAccBits) : 0;
  const values = extent(constants.flatMap(({ ends, d }) => [...ends, ...ends.map((end) => end - d)]));
  // One bit above the shift at least, so that the shifted value has a sign.
  const valueBits = Math.max(signedBits(values.lo, values.hi), shift + 1);
  const fields = ({ m, b, d, bias }: (typeof constants)[number]) => [
    { value: m, bits: multiplierBits },
    { value: b, bits: offsetBits },
    ...(form === "plain" ? [] : [{ value: d, bits: correctionBits }]),
    ...(keepsBias ? [{ value: bias, bits: biasBits }] : []),
  ];
  const words = unique(constants.map((entry) => packWord(fields(entry))));
  return {
    parameters: {
      ...common,
      WORD_BITS: fields(constants[0]!).reduce((sum, { bits }) => sum + bits, 0),
      MULTIPLIER_BITS: multiplierBits,
      OFFSET_BITS: offsetBits,
      CORRECTION_BITS: correctionBits,
      BIAS_BITS: biasBits,
      VALUE_BITS: valueBits,
      SHIFT: shift,
    },
    words,
    channels: words.length,
  };
}

/**
 * A complete binary search tree per channel: word 0 is the code below every threshold, word n >= 1 the threshold at node n,
 * whose children are 2n and 2n+1. Missing thresholds are above every accumulator.
 */
function thresholdCircuit(channels: readonly Channel[], common: Readonly<Record<string, number>>): RequantCircuit {
  const most = Math.max(...channels.map(({ staircase }) => staircase.thresholds.length));
  const steps = Math.max(1, Math.ceil(Math.log2(most + 1)));
  const words = channels.length * 2 ** steps;
  if (words > mostTreeWords) {
    fail(
      "QC3002",
      `no multiplier computes this requantization, and its search trees have ${words} words; ` +
        `the Verilog target takes ${mostTreeWords}. Requantize to fewer bits.`,
    );
  }
  const wordBits = Math.max(common.ACC_BITS!, common.OUT_BITS!) + 1;
  const never = (1n << BigInt(wordBits - 1)) - 1n;
  const trees = channels.map(({ staircase, bias }) => {
    const sorted = Array.from({ length: 2 ** steps - 1 }, (_, k) =>
      k < staircase.thresholds.length ? BigInt(staircase.thresholds[k]!) - bias : never,
    );
    const tree = [BigInt(staircase.first)];
    for (let node = 1; node < 2 ** steps; node++) {
      const depth = Math.floor(Math.log2(node));
      const width = 2 ** (steps - depth);
      tree.push(sorted[(node - 2 ** depth) * width + width / 2 - 1]!);
    }
    return tree.map((value) => packWord([{ value, bits: wordBits }]));
  });
  const distinct = new Set(trees.map((tree) => tree.join()));
  const kept = distinct.size === 1 ? trees.slice(0, 1) : trees;
  return {
    parameters: {
      ...common,
      WORD_BITS: wordBits,
      MULTIPLIER_BITS: 1,
      OFFSET_BITS: 1,
      CORRECTION_BITS: 1,
      BIAS_BITS: 0,
      VALUE_BITS: 1,
      SHIFT: steps,
    },
    words: kept.flat(),
    channels: kept.length,
  };
}

function tooWide(what: string, got: number, most: number): never {
  return fail("QC3001", `the circuit's ${what} need ${got} bits, at most ${most} are computed; use smaller layers`);
}

function unique(words: readonly bigint[]): readonly bigint[] {
  return words.every((word) => word === words[0]) ? words.slice(0, 1) : words;
}
