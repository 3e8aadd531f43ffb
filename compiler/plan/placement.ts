/** Offsets for buffers with known lifetimes: first fit in several orders, then a deterministic search when they miss the bound. */
import type { Buffer } from "./liveness.js";

export interface Placement {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** Largest sum of bytes alive at one step, and that step: no placement can be smaller. */
export function liveBound(buffers: readonly Buffer[]): { bytes: number; step: number } {
  let bound = { bytes: 0, step: -1 };
  for (const { start: step } of buffers) {
    const bytes = buffers.reduce((sum, b) => (b.start <= step && step <= b.end ? sum + b.bytes : sum), 0);
    if (bytes > bound.bytes) bound = { bytes, step };
  }
  return bound;
}

/** Tries of the search after the fixed orders; each costs one first-fit run. */
const searchTries = 3000;

/** The best placement found; ends at once when it meets the bound. */
export function place(buffers: readonly Buffer[]): Placement {
  const bound = liveBound(buffers).bytes;
  const indices = buffers.map((_, i) => i);
  const by = (key: (b: Buffer) => number) => [...indices].sort((i, j) => key(buffers[j]!) - key(buffers[i]!) || i - j);
  const orders = [by((b) => b.bytes), by((b) => b.bytes * (b.end - b.start + 1)), by((b) => b.end - b.start), indices];
  let order = orders[0]!;
  let best = firstFit(buffers, order);
  for (const candidate of orders.slice(1)) {
    const placement = firstFit(buffers, candidate);
    if (placement.bytes < best.bytes) [best, order] = [placement, candidate];
  }
  const random = xorshift32(0x9e3779b9);
  for (let attempt = 0; attempt < searchTries && best.bytes > bound; attempt++) {
    const candidate = [...order];
    const [i, j] = [random() % candidate.length, random() % candidate.length];
    candidate.splice(j, 0, ...candidate.splice(i, 1));
    const placement = firstFit(buffers, candidate);
    if (placement.bytes <= best.bytes) [best, order] = [placement, candidate];
  }
  return best;
}

/** Places each buffer at the lowest offset that no overlapping lifetime occupies. */
function firstFit(buffers: readonly Buffer[], order: readonly number[]): Placement {
  const offsets = new Array<number>(buffers.length).fill(-1);
  let bytes = 0;
  for (const index of order) {
    const buffer = buffers[index]!;
    const occupied = buffers
      .map((other, i) => ({ from: offsets[i]!, to: offsets[i]! + other.bytes, other }))
      .filter(({ from, other }) => from >= 0 && other.start <= buffer.end && buffer.start <= other.end)
      .sort((a, b) => a.from - b.from);
    let offset = 0;
    for (const { from, to } of occupied) {
      if (offset + buffer.bytes <= from) break;
      offset = Math.max(offset, to);
    }
    offsets[index] = offset;
    bytes = Math.max(bytes, offset + buffer.bytes);
  }
  return { offsets, bytes };
}

/** Marsaglia's xorshift32: a fixed sequence, so that plans are reproducible. */
function xorshift32(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
