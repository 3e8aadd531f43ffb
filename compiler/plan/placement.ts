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

/** Bytes of a piece, counted from its first. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

export interface PlacementProblem {
  /** Bytes of each piece, multiples of the alignment. */
  readonly sizes: readonly number[];
  /** Sets of pieces that are alive together; all pieces that ever live together share a set. */
  readonly together: readonly (readonly number[])[];
  /** Bytes of each piece of a set that are in use, where these are not all; others may lie on the rest meanwhile. */
  readonly extents?: readonly (readonly Extent[] | undefined)[] | undefined;
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
/** The same, and the sizes tried, below the bound of whole pieces. */
const fewSteps = 500;
const fewSizesTried = 6;
/** Sizes tried after the bound. */
const sizesTried = 12;

/** Bytes of piece `at` of a set that are in use. */
export function extentOf({ sizes, together, extents }: PlacementProblem, set: number, at: number): Extent {
  return extents?.[set]?.[at] ?? { from: 0, to: sizes[together[set]![at]!]! };
}

/**
 * What each piece of a set adds to the others. Pieces that chase one input may overlap it, but not one another: together at
 * most as far as the one that may come nearest.
 */
export function sharesOf(problem: PlacementProblem, set: number): number[] {
  const { sizes, chases, together } = problem;
  const pieces = together[set]!;
  const most = new Map<number, { readonly output: number; readonly saved: number }>();
  for (const { input, output, distance } of chases) {
    if (!pieces.includes(input) || !pieces.includes(output)) continue;
    const saved = Math.min(sizes[output]! - distance, sizes[input]!);
    if (saved > (most.get(input)?.saved ?? 0)) most.set(input, { output, saved });
  }
  const saved = new Map<number, number>();
  for (const each of most.values()) saved.set(each.output, (saved.get(each.output) ?? 0) + each.saved);
  return pieces.map((piece, at) => {
    const { from, to } = extentOf(problem, set, at);
    return Math.max(0, to - from - (saved.get(piece) ?? 0));
  });
}

/** Index of the first set that needs the most bytes, and these bytes: no placement can be smaller. */
export function largestSet(problem: PlacementProblem): { bytes: number; set: number } {
  let largest = { bytes: 0, set: -1 };
  problem.together.forEach((_, set) => {
    const bytes = sharesOf(problem, set).reduce((sum, share) => sum + share, 0);
    if (bytes > largest.bytes) largest = { bytes, set };
  });
  return largest;
}

/** The smallest placement found; `bytes` equals `lowerBound` where it is proven to be the smallest there is. */
export function place(problem: PlacementProblem, alignment: number): Placement {
  const { bytes: lowerBound } = largestSet(problem);
  const { bytes: wholeBound } = largestSet({ ...problem, extents: undefined });
  let best = firstFits(problem);
  if (best.bytes === lowerBound) return { ...best, lowerBound };
  if (best.bytes > wholeBound || lowerBound === wholeBound) {
    const found = searched(problem, alignment, best, wholeBound);
    if (lowerBound === wholeBound) return found;
    best = found;
  }
  // Unused parts of pieces let others in that the bound of whole pieces keeps out.
  const stepSearch = new StepSearch(problem);
  for (let i = 0; i < fewSizesTried; i++) {
    const size = lowerBound + Math.floor(((best.bytes - lowerBound) * i) / fewSizesTried / alignment) * alignment;
    const offsets = stepSearch.fit(size, fewSteps);
    if (offsets) return { offsets, bytes: endOf(problem, offsets), lowerBound };
  }
  return { ...best, lowerBound };
}

/** Bytes up to the end of the last piece. */
const endOf = ({ sizes }: PlacementProblem, offsets: readonly number[]) =>
  offsets.reduce((end, offset, i) => Math.max(end, offset + sizes[i]!), 0);

/** A placement near `bound` or at it, as far as the searches find any that is smaller than `first`. */
function searched(
  problem: PlacementProblem,
  alignment: number,
  first: Omit<Placement, "lowerBound">,
  bound: number,
): Placement {
  let best = first;
  let lowerBound = bound;
  const search = new Search(problem);
  const stepSearch = new StepSearch(problem);
  const steps = Math.min(searchSteps, Math.ceil(searchWork / problem.sizes.length));
  let exhausted = true;
  for (let tries = 0, size = lowerBound; best.bytes > lowerBound && size < best.bytes && tries < sizesTried; tries++) {
    const result = search.fit(size, steps);
    exhausted &&= result.exhausted;
    const found = result.offsets ?? (result.exhausted ? undefined : stepSearch.fit(size, stepSearchSteps));
    if (found) {
      best = { offsets: found, bytes: endOf(problem, found) };
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
