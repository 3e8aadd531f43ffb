/** Elementwise operations of two operands: the second may be smaller and repeated, or a constant. */

import type { Tensor } from "../ir/graph.js";
import type { IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { elementCount, type Range, type Shape } from "../ir/types.js";
import type { ChannelStructure, LowerContext } from "./op.js";
import { elementwiseParts, type PartStructure } from "./rows.js";

/** Output element i reads element floor(i / inner) % count of the second operand. */
export interface Repetition {
  readonly inner: number;
  readonly count: number;
}

/** What such operations have among their integer attributes. */
export interface ConstantOperand {
  /** Codes of a constant second operand: one, or a whole number of times one per channel; repeated to the output's size. */
  readonly constant?: Int32Array | undefined;
}

/** How `shape` repeats to `full` (of the same rank): along its leading axes, or along its trailing ones; undefined for both. */
export function repetition(full: Shape, shape: Shape): Repetition | undefined {
  const axes = full.map((dim, axis) => ({ dim, whole: shape[axis] === dim })).filter(({ dim }) => dim > 1);
  const leading = axes.findIndex(({ whole }) => whole);
  if (leading < 0) return { inner: 1, count: 1 };
  if (axes.slice(leading).every(({ whole }) => whole)) return { inner: 1, count: elementCount(shape) };
  const trailing = axes.findIndex(({ whole }) => !whole);
  if (axes.slice(trailing).some(({ whole }) => whole)) return undefined;
  return { inner: elementCount(full) / elementCount(shape), count: elementCount(shape) };
}

/** How the node reads its second operand. */
export function secondOperand({ inputs: [, b], output, attributes }: IntegerNode<ConstantOperand>): Repetition {
  if (attributes.constant) return { inner: 1, count: attributes.constant.length };
  return repetition(output.shape, b!.shape)!;
}

/** Output element by element: f(a, b). */
export function evaluatePairs(
  node: IntegerNode<ConstantOperand>,
  [a, b]: readonly Int32Array[],
  f: (a: number, b: number) => number,
): Int32Array {
  const { inner, count } = secondOperand(node);
  const second: ArrayLike<number> = node.attributes.constant ?? b!;
  return a!.map((code, i) => f(code, second[Math.floor(i / inner) % count]!));
}

/** Whether the output may overwrite operand `index`: the second only where no element is read twice. */
export function pairsInPlace(node: IntegerNode<ConstantOperand>, index: number): boolean {
  return index === 0 || elementCount(node.inputs[1]!.shape) === elementCount(node.output.shape);
}

/** Rows (columns) of both operands give those of the output, where every row (every pixel) meets the same constants. */
export function pairParts<Attributes extends ConstantOperand>(axis: "rows" | "columns"): PartStructure<Attributes> {
  return {
    ...elementwiseParts,
    applies(node) {
      const period = node.attributes.constant?.length ?? 1;
      return (
        elementwiseParts.applies(node) && elementCount(node.output.shape.slice(axis === "rows" ? 2 : 3)) % period === 0
      );
    },
  };
}

/** Codes of a constant second operand as attributes hold them; undefined for an activation. */
export function constantCodes(b: Tensor): Int32Array | undefined {
  return b.data && Int32Array.from(b.data);
}

/** Ranges of the second operand seen from the output's channels: one entry, or one per channel. */
export function secondRanges(b: Tensor, channels: number, context: LowerContext): readonly Range[] {
  const { data } = b;
  if (!data) {
    const ranges = context.ranges(b);
    return b.shape.at(-1) === channels ? ranges : [joined(ranges)];
  }
  const count = data.length === 1 ? 1 : channels;
  return Array.from({ length: count }, (_, channel) => {
    const own = data.filter((_, k) => k % count === channel);
    return joined(Array.from(own, (code) => ({ lo: code, hi: code })));
  });
}

/** The smallest range that holds all. */
export function joined(ranges: readonly Range[]): Range {
  return {
    lo: ranges.reduce((least, { lo }) => Math.min(least, lo), Infinity),
    hi: ranges.reduce((most, { hi }) => Math.max(most, hi), -Infinity),
  };
}

/** Output range of every channel from both operands' ranges. */
export function pairRanges(a: readonly Range[], b: readonly Range[], f: (a: Range, b: Range) => Range): Range[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
    f(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!),
  );
}

const channelsOf = (tensor: IntegerTensor) => tensor.shape.at(-1) ?? 1;

/** Channel c of the output is made of channel c of every operand that has as many, and of the only one of the others. */
export function pairChannels<Attributes extends ConstantOperand>(): ChannelStructure<Attributes> {
  return {
    needed: ({ inputs, output }, needed) =>
      inputs.map((input) =>
        channelsOf(input) === channelsOf(output) ? [...needed] : new Array<boolean>(channelsOf(input)).fill(true),
      ),
    bound: ({ inputs, output }, needed) =>
      Array.from({ length: channelsOf(output) }, (_, channel) =>
        inputs.some((input, i) => channelsOf(input) === channelsOf(output) && needed[i]![channel]!),
      ),
    keep: ({ output, attributes }, kept) => {
      const { constant } = attributes;
      if (!constant || constant.length === 1) return attributes;
      const channels = channelsOf(output);
      const stays = new Set(kept.output);
      return { ...attributes, constant: constant.filter((_, k) => stays.has(k % channels)) };
    },
  };
}
