/** Pairwise form of a placement problem: how far apart two pieces must lie. */
import { extentOf, type PlacementProblem } from "./placement.js";

/** A piece that lives together with another. */
export interface Neighbour {
  readonly piece: number;
  /** Least distance of offsets when the neighbour is the higher one. */
  readonly above: number;
  /** Least distance of offsets when the neighbour is the lower one. */
  readonly below: number;
}

/** The neighbours of every piece. */
export function neighboursOf(problem: PlacementProblem): Neighbour[][] {
  const { sizes, together, chases } = problem;
  // How far each piece reaches, in use, behind where another begins to be.
  const reach = sizes.map(() => new Map<number, number>());
  together.forEach((pieces, set) => {
    const extents = pieces.map((_, at) => extentOf(problem, set, at));
    pieces.forEach((low, i) => {
      const others = reach[low]!;
      pieces.forEach((high, k) => {
        if (low !== high) others.set(high, Math.max(others.get(high) ?? 0, extents[i]!.to - extents[k]!.from));
      });
    });
  });
  const apart = (low: number, high: number) => {
    const chase = chases.find(({ input, output }) => output === low && input === high);
    return Math.min(reach[low]!.get(high)!, chase ? Math.max(chase.distance, 0) : Infinity);
  };
  return reach.map((others, piece) =>
    [...others.keys()].map((other) => ({ piece: other, above: apart(piece, other), below: apart(other, piece) })),
  );
}
