/** Places in the arena for constants that are copied there ahead of their step. */
import { aligned, type Fetch, type PlacedPiece, type Plan } from "./plan.js";

/** Constant arrays that a step reads, and that lie in slow memory. */
export interface FetchRequest {
  readonly step: number;
  readonly arrays: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * The plan with a place for each array from the step before the one that reads it (its copy may run then) to that step:
 * the lowest bytes that nothing else has meanwhile. What is placed already stays; the arena grows where the gaps are too
 * small, so that `lowerBound` is one of the activations alone.
 */
export function placeFetches(plan: Plan, requests: readonly FetchRequest[]): Plan {
  const pieces = [...plan.pieces];
  const fetches = new Map<number, Fetch[]>();
  for (const { step, arrays } of requests) {
    const placed = arrays.map(({ name, bytes }) => {
      const size = aligned(bytes);
      const [start, end] = [Math.max(step - 1, 0), step];
      const offset = lowestGap(pieces, size, start, end);
      pieces.push({ name: `copy of ${name}`, kind: "weights", offset, bytes: size, start, end });
      return { array: name, offset, bytes };
    });
    fetches.set(step, placed);
  }
  const arenaBytes = pieces.reduce((top, { offset, bytes }) => Math.max(top, offset + bytes), plan.arenaBytes);
  return { ...plan, pieces, arenaBytes, weights: { sections: plan.weights?.sections ?? new Map(), fetches } };
}

function lowestGap(pieces: readonly PlacedPiece[], size: number, start: number, end: number): number {
  const meanwhile = pieces
    .filter((piece) => piece.start <= end && piece.end >= start)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const piece of meanwhile) {
    if (piece.offset >= offset + size) break;
    offset = Math.max(offset, piece.offset + piece.bytes);
  }
  return offset;
}
