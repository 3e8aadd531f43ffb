/** Parameters and constants of qc_requant for a requantize layer. */
import { type ChannelConstants, type RequantizeLayer, realise, type Staircase } from "../../compiler/arith/index.js";
import { fail } from "../../compiler/diagnostics.js";
import { circuitRealisation } from "../realisation.js";
import { extent, packWord, signedBits, unsignedBits } from "./bits.js";

const formCode = { plain: 0, sign: 1, parity: 2, thresholds: 3 } as const;

export interface RequantCircuit {
  /** FORM, ACC_BITS, WORD_BITS, field widths, SHIFT, ZERO_POINT, CLAMP_LO and CLAMP_HI. */
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

/**
 * The circuit computes y = layer(raw + biases[channel]); `raw` is what its accumulator holds.
 * Plain and parity forms take the bias into the offset, (raw + bias)*m + b = raw*m + (bias*m + b); the sign form needs the
 * sign of raw + bias and keeps it as a field; thresholds move down by it.
 */
export function requantCircuit(layer: RequantizeLayer, biases: readonly bigint[]): RequantCircuit {
  const pick = <T>(list: readonly T[], channel: number): T => list[list.length === 1 ? 0 : channel]!;
  const channels = biases.map((bias, c): Channel => ({ staircase: pick(layer.channels, c), bias }));
  const raw = channels.flatMap(({ staircase, bias }) => [BigInt(staircase.lo) - bias, BigInt(staircase.hi) - bias]);
  const accBits = signedBits(extent(raw).lo, extent(raw).hi);
  if (accBits > 32) tooWide("accumulators", accBits, 32);
  const requantization = realise(layer, circuitRealisation);
  const common = {
    FORM: formCode[requantization.form],
    ACC_BITS: accBits,
    ZERO_POINT: layer.zeroPoint,
    CLAMP_LO: layer.clamp.lo,
    CLAMP_HI: layer.clamp.hi,
  };
  if (requantization.form === "thresholds") return thresholdCircuit(channels, accBits, common);
  return multiplyCircuit(channels, requantization.channels, requantization.form, requantization.shift, common, pick);
}

function multiplyCircuit(
  channels: readonly Channel[],
  solved: readonly ChannelConstants[],
  form: "plain" | "sign" | "parity",
  shift: number,
  common: Readonly<Record<string, number>>,
  pick: (list: readonly ChannelConstants[], channel: number) => ChannelConstants,
): RequantCircuit {
  const keepsBias = form === "sign";
  const constants = channels.map(({ staircase, bias }, c) => {
    const { multiplier, offset, correction } = pick(solved, c);
    const m = BigInt(multiplier);
    const ends = [BigInt(staircase.lo) * m + offset, BigInt(staircase.hi) * m + offset];
    return { m, b: keepsBias ? offset : offset + bias * m, d: correction, bias, ends };
  });
  const multiplierBits = unsignedBits(extent(constants.map(({ m }) => m)).hi);
  const offsets = extent(constants.map(({ b }) => b));
  const offsetBits = signedBits(offsets.lo, offsets.hi);
  if (offsetBits > 63) tooWide("offsets", offsetBits, 63);
  const correctionBits = unsignedBits(extent(constants.map(({ d }) => d)).hi);
  const biases = extent(constants.map(({ bias }) => bias));
  const biasBits = keepsBias ? signedBits(biases.lo, biases.hi) : 1;
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
function thresholdCircuit(
  channels: readonly Channel[],
  accBits: number,
  common: Readonly<Record<string, number>>,
): RequantCircuit {
  const most = Math.max(...channels.map(({ staircase }) => staircase.thresholds.length));
  const steps = Math.max(1, Math.ceil(Math.log2(most + 1)));
  const wordBits = Math.max(accBits + 1, 9);
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
      BIAS_BITS: 1,
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
