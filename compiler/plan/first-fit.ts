/** First fit in several orders, then a short deterministic search over orders. */
import { largestSet, type PlacementProblem } from "./placement.js";
import { type Neighbour, neighboursOf } from "./separations.js";

interface Fit {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

interface FitProblem {
  readonly sizes: readonly number[];
  readonly neighbours: readonly (readonly Neighbour[])[];
  readonly fixed: readonly number[];
}

/** Orders of a few pieces tried after the first. */
const groupTries = 30;

/** Orders tried after the fixed ones. */
const searchTries = 400;

/** The best placement of all orders; ends at once when it meets the bound. */
export function firstFits(problem: PlacementProblem): Fit {
  const { sizes, together } = problem;
  const bound = largestSet(problem).bytes;
  const neighbours = neighboursOf(problem);
  const lives = sizes.map((_, i) => together.reduce((count, set) => count + (set.includes(i) ? 1 : 0), 0));
  const indices = sizes.map((_, i) => i);
  const by = (key: (i: number) => number) => [...indices].sort((i, j) => key(j) - key(i) || i - j);
  const orders = [by((i) => sizes[i]!), by((i) => sizes[i]! * lives[i]!), by((i) => lives[i]!), indices];
  let order = orders[0]!;
  const fixed = new Array<number>(sizes.length).fill(-1);
  const fitIn = (candidate: readonly number[]) => firstFit({ sizes, neighbours, fixed }, candidate);
  let best = fitIn(order);
  for (const candidate of orders.slice(1)) {
    const fit = fitIn(candidate);
    if (fit.bytes < best.bytes) [best, order] = [fit, candidate];
  }
  const random = xorshift32(0x9e3779b9);
  for (let attempt = 0; attempt < searchTries && best.bytes > bound; attempt++) {
    const candidate = [...order];
    const [i, j] = [random() % candidate.length, random() % candidate.length];
    candidate.splice(j, 0, ...candidate.splice(i, 1));
    const fit = fitIn(candidate);
    if (fit.bytes <= best.bytes) [best, order] = [fit, candidate];
  }
  return best;
}

/** Orders in which a few pieces are worth fitting in: the largest first, and some steps away from that. */
export function* ordersOf(pieces: readonly number[], sizes: readonly number[]): Generator<number[]> {
  const bySize = [...pieces].sort((i, j) => sizes[j]! - sizes[i]! || i - j);
  yield bySize;
  const random = xorshift32(0x9e3779b9);
  for (let attempt = 0; attempt < groupTries; attempt++) {
    const order = [...bySize];
    for (let moves = 0; moves <= attempt % 3; moves++) {
      order.splice(random() % order.length, 0, ...order.splice(random() % order.length, 1));
    }
    yield order;
  }
}

/** Places each piece of the order at the lowest offset that its neighbours leave. Pieces with offsets in `fixed` are placed. */
export function firstFit({ sizes, neighbours, fixed }: FitProblem, order: readonly number[]): Fit {
  const offsets = [...fixed];
  let bytes = 0;
  for (const index of order) {
    // The open interval of offsets that each placed neighbour forbids.
    const forbidden = neighbours[index]!.filter(({ piece }) => offsets[piece]! >= 0)
      .map(({ piece, above, below }) => ({ from: offsets[piece]! - above, to: offsets[piece]! + below }))
      .sort((a, b) => a.from - b.from);
    let offset = 0;
    for (const { from, to } of forbidden) {
      if (offset <= from) break;
      offset = Math.max(offset, to);
    }
    offsets[index] = offset;
    bytes = Math.max(bytes, offset + sizes[index]!);
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
