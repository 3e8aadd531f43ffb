/**
 * Offsets in one arena. Pieces that are alive together may not overlap, but for an output that chases an input: each of its
 * bytes is written after the last read of the byte it lands on when it starts far enough before the input.
 */
import { firstFits } from "./first-fit.js";
import { Search } from "./placement-search.js";

/** `output` may start `distance` bytes or more before `input`, although both are alive together. */
export interface Chase {
  readonly input: number;
  readonly output: number;
  readonly distance: number;
}

export interface PlacementProblem {
  /** Bytes of each piece, multiples of the alignment. */
  readonly sizes: readonly number[];
  /** Sets of pieces that are alive together; all pieces that ever live together share a set. */
  readonly together: readonly (readonly number[])[];
  readonly chases: readonly Chase[];
}

export interface Placement {
  readonly offsets: readonly number[];
  readonly bytes: number;
  /** No placement is smaller. */
  readonly lowerBound: number;
}

/** Steps of the search per size tried: a count, not a time, so that plans are reproducible. */
const searchSteps = 20_000;
/** Sizes tried after the bound. */
const sizesTried = 12;

/** Bytes that the pieces of a set need: outputs that chase share what they may with their inputs. */
export function setBytes(problem: PlacementProblem, set: readonly number[]): number {
  return set.reduce((sum, piece) => sum + sharedBytes(problem, set, piece), 0);
}

/** What a piece adds to the other pieces of a set: an output and the inputs it chases take max(output, inputs + distance). */
export function sharedBytes({ sizes, chases }: PlacementProblem, set: readonly number[], piece: number): number {
  const chased = chases.filter(({ input, output }) => output === piece && set.includes(input));
  if (chased.length === 0) return sizes[piece]!;
  const distance = Math.min(...chased.map((chase) => chase.distance));
  const inputs = chased.reduce((sum, { input }) => sum + sizes[input]!, 0);
  return Math.min(sizes[piece]!, Math.max(sizes[piece]! - inputs, distance));
}

/** Index of the first set that needs the most bytes, and these bytes: no placement can be smaller. */
export function largestSet(problem: PlacementProblem): { bytes: number; set: number } {
  let largest = { bytes: 0, set: -1 };
  problem.together.forEach((pieces, set) => {
    const bytes = setBytes(problem, pieces);
    if (bytes > largest.bytes) largest = { bytes, set };
  });
  return largest;
}

/** The smallest placement found; `bytes` equals `lowerBound` where it is proven to be the smallest there is. */
export function place(problem: PlacementProblem, alignment: number): Placement {
  let { bytes: lowerBound } = largestSet(problem);
  let best = firstFits(problem);
  const search = new Search(problem);
  let exhausted = true;
  for (let tries = 0, size = lowerBound; best.bytes > lowerBound && size < best.bytes && tries < sizesTried; tries++) {
    const result = search.fit(size, searchSteps);
    if (result.offsets) {
      const bytes = Math.max(...result.offsets.map((offset, i) => offset + problem.sizes[i]!));
      best = { offsets: result.offsets, bytes };
      if (exhausted) lowerBound = bytes;
      break;
    }
    exhausted &&= result.exhausted;
    if (exhausted) lowerBound = Math.min(size + alignment, best.bytes);
    // Proven sizes go up by one unit; after the first unproven one, in larger strides.
    const stride = exhausted ? alignment : Math.max(alignment, (best.bytes - size) / (sizesTried - tries));
    size += Math.ceil(stride / alignment) * alignment;
  }
  return { ...best, lowerBound };
}
