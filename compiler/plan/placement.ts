/**
 * Offsets in one arena. Pieces that are alive together may not overlap, but for an output that chases an input: each of its
 * bytes is written after the last read of the byte it lands on when it starts far enough before the input.
 */
import { firstFits } from "./first-fit.js";
import { Search } from "./placement-search.js";
import { StepSearch } from "./step-search.js";

/** `output`, or what lives while it is made, may start `distance` bytes or more before `input`, although both are alive together. */
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
  /** The pieces in order of time, those first that others are to be placed around; as they are numbered unless given. */
  readonly order?: readonly number[];
  /** Pieces that live within a step, by step: those of different steps never live together. */
  readonly groups?: readonly (readonly number[])[];
}

export interface Placement {
  readonly offsets: readonly number[];
  readonly bytes: number;
  /** No placement is smaller. */
  readonly lowerBound: number;
}

/** Steps of a search per size tried, and steps times pieces: counts, not times, so that plans are reproducible. */
const searchSteps = 4_000;
const searchWork = 200_000;
/** Steps of the search step by step, per size tried. */
const stepSearchSteps = 2_000;
/** Sizes tried after the bound. */
const sizesTried = 12;

/** Bytes that the pieces of a set need: the pieces that chase an input share what the one that can share most may. */
export function setBytes(problem: PlacementProblem, set: readonly number[]): number {
  return sharesOf(problem, set).reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * What each piece of a set adds to the others. Pieces that chase one input may overlap it, but not one another: together at
 * most as far as the one that may come nearest.
 */
export function sharesOf({ sizes, chases }: PlacementProblem, set: readonly number[]): number[] {
  const most = new Map<number, { readonly output: number; readonly saved: number }>();
  for (const { input, output, distance } of chases) {
    if (!set.includes(input) || !set.includes(output)) continue;
    const saved = Math.min(sizes[output]! - distance, sizes[input]!);
    if (saved > (most.get(input)?.saved ?? 0)) most.set(input, { output, saved });
  }
  const saved = new Map<number, number>();
  for (const each of most.values()) saved.set(each.output, (saved.get(each.output) ?? 0) + each.saved);
  return set.map((piece) => Math.max(0, sizes[piece]! - (saved.get(piece) ?? 0)));
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
  if (best.bytes === lowerBound) return { ...best, lowerBound };
  const search = new Search(problem);
  const stepSearch = new StepSearch(problem);
  const steps = Math.min(searchSteps, Math.ceil(searchWork / problem.sizes.length));
  let exhausted = true;
  for (let tries = 0, size = lowerBound; best.bytes > lowerBound && size < best.bytes && tries < sizesTried; tries++) {
    const result = search.fit(size, steps);
    exhausted &&= result.exhausted;
    const found = result.offsets ?? (result.exhausted ? undefined : stepSearch.fit(size, stepSearchSteps));
    if (found) {
      best = { offsets: found, bytes: Math.max(...found.map((offset, i) => offset + problem.sizes[i]!)) };
      if (exhausted) lowerBound = best.bytes;
      break;
    }
    if (exhausted) lowerBound = Math.min(size + alignment, best.bytes);
    // Proven sizes go up by one unit; after the first unproven one, in larger strides.
    const stride = exhausted ? alignment : Math.max(alignment, (best.bytes - size) / (sizesTried - tries));
    size += Math.ceil(stride / alignment) * alignment;
  }
  return { ...best, lowerBound };
}
