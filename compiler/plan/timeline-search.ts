/**
 * Search for a placement of a given size in order of time: each piece is tried at the few offsets where it touches a piece
 * that lives with it, or an end of the arena. Finds chains of outputs that chase their inputs; proves nothing.
 */
import type { PlacementProblem } from "./placement.js";
import { type Neighbour, neighboursOf } from "./separations.js";

export class TimelineSearch {
  readonly #sizes: readonly number[];
  readonly #neighbours: Neighbour[][];
  readonly #order: readonly number[];
  /** Place in the order behind which a piece's offset no longer matters. */
  readonly #until: readonly number[];

  constructor(problem: PlacementProblem) {
    this.#sizes = problem.sizes;
    this.#neighbours = neighboursOf(problem);
    this.#order = problem.order ?? [...problem.sizes.keys()];
    const rank = new Map(this.#order.map((piece, at) => [piece, at]));
    this.#until = this.#neighbours.map((neighbours) =>
      neighbours.reduce((last, { piece }) => Math.max(last, rank.get(piece)!), -1),
    );
  }

  /** Offsets of a placement in `bytes`, if one is found within `steps` steps. */
  fit(bytes: number, steps: number): number[] | undefined {
    const offsets = new Array<number>(this.#sizes.length).fill(-1);
    const failed = new Set<string>();
    let left = steps;
    const descend = (at: number): boolean => {
      if (at === this.#order.length) return true;
      if (left-- <= 0) return false;
      const key = this.#key(at, offsets);
      if (failed.has(key)) return false;
      const piece = this.#order[at]!;
      for (const offset of this.#candidates(piece, bytes, offsets)) {
        offsets[piece] = offset;
        if (descend(at + 1)) return true;
        offsets[piece] = -1;
        if (left <= 0) return false;
      }
      failed.add(key);
      return false;
    };
    return descend(0) ? offsets : undefined;
  }

  /** The offsets that pieces still to come depend on. */
  #key(at: number, offsets: readonly number[]): string {
    return `${at}:${this.#order
      .slice(0, at)
      .filter((piece) => this.#until[piece]! >= at)
      .map((piece) => offsets[piece])
      .join()}`;
  }

  /** Allowed offsets, from both ends of the arena inwards: what comes later then finds one large gap. */
  #candidates(piece: number, bytes: number, offsets: readonly number[]): number[] {
    const size = this.#sizes[piece]!;
    const placed = this.#neighbours[piece]!.filter(({ piece: other }) => offsets[other]! >= 0);
    const found = new Set([0, bytes - size]);
    for (const { piece: other, above, below } of placed) {
      found.add(offsets[other]! + below);
      found.add(offsets[other]! - above);
    }
    const allowed = [...found].filter(
      (offset) =>
        offset >= 0 &&
        offset + size <= bytes &&
        placed.every(({ piece: other, above, below }) => {
          const distance = offsets[other]! - offset;
          return distance >= above || -distance >= below;
        }),
    );
    const margin = (offset: number) => Math.min(offset, bytes - size - offset);
    return allowed.sort((a, b) => margin(a) - margin(b) || a - b);
  }
}
