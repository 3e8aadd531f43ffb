/** Pairwise form of a placement problem: how far apart two pieces must lie. */
import type { PlacementProblem } from "./placement.js";

/** A piece that lives together with another. */
export interface Neighbour {
  readonly piece: number;
  /** Least distance of offsets when the neighbour is the higher one. */
  readonly above: number;
  /** Least distance of offsets when the neighbour is the lower one. */
  readonly below: number;
}

/** The neighbours of every piece. */
export function neighboursOf({ sizes, together, chases }: PlacementProblem): Neighbour[][] {
  const sets = sizes.map(() => new Set<number>());
  for (const pieces of together) for (const a of pieces) for (const b of pieces) if (a !== b) sets[a]!.add(b);
  const apart = (low: number, high: number) => {
    const chase = chases.find(({ input, output }) => output === low && input === high);
    return Math.min(sizes[low]!, chase ? Math.max(chase.distance, 0) : Infinity);
  };
  return sets.map((set, piece) =>
    [...set].map((other) => ({ piece: other, above: apart(piece, other), below: apart(other, piece) })),
  );
}
