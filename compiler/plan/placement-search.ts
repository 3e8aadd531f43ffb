/**
 * Branch and bound for a placement of a given size. Pieces are placed in order of non-decreasing offset, each as low as the
 * pieces below it allow: every placement can be pushed down into this form.
 */
import { extentOf, type PlacementProblem, sharesOf } from "./placement.js";
import { type Neighbour, neighboursOf } from "./separations.js";

export interface SearchResult {
  readonly offsets?: readonly number[];
  /** False when the search gave up: then a missing placement proves nothing. */
  readonly exhausted: boolean;
}

/** A set of pieces alive together: what is still to place, and where the placed ones end. */
interface Section {
  readonly pieces: readonly number[];
  /** Bytes in use of each piece. */
  readonly used: readonly number[];
  readonly shares: readonly number[];
}

class GivenUp extends Error {}

const rememberedStates = 50_000;

export class Search {
  readonly #sizes: readonly number[];
  readonly #neighbours: Neighbour[][];
  readonly #sections: Section[];
  readonly #weights: number[];
  readonly #chased: ReadonlyMap<number, readonly number[]>;

  constructor(problem: PlacementProblem) {
    this.#sizes = problem.sizes;
    this.#neighbours = neighboursOf(problem);
    const sections = problem.together.map((pieces, set) => {
      const extents = pieces.map((_, at) => extentOf(problem, set, at));
      return { pieces, used: extents.map(({ from, to }) => to - from), shares: sharesOf(problem, set) };
    });
    this.#sections = maximal(sections);
    const lives = (i: number) => this.#sections.filter(({ pieces }) => pieces.includes(i)).length;
    this.#weights = problem.sizes.map((size, i) => size * lives(i));
    const chased = new Map<number, number[]>();
    for (const { input, output } of problem.chases) chased.set(output, [...(chased.get(output) ?? []), input]);
    this.#chased = chased;
  }

  /** Looks for a placement in `bytes`, in at most `steps` steps. */
  fit(bytes: number, steps: number): SearchResult {
    const n = this.#sizes.length;
    const offsets = new Array<number>(n).fill(-1);
    const floors = new Array<number>(n).fill(0);
    const seen = new Set<string>();
    let left = steps;
    const descend = (last: number, placed: number): boolean => {
      if (placed === n) return true;
      if (left-- <= 0) throw new GivenUp();
      const open = [...offsets.keys()].filter((i) => offsets[i]! < 0);
      const key = open.map((i) => `${i}:${Math.max(floors[i]!, last)}`).join();
      if (seen.has(key)) return false;
      // A piece that ends below the next offset could have been placed before it.
      const end = Math.min(...open.map((i) => floors[i]! + this.#sizes[i]!));
      const candidates = open.filter((i) => floors[i]! >= last && floors[i]! < end);
      candidates.sort((a, b) => floors[a]! - floors[b]! || this.#weights[b]! - this.#weights[a]! || a - b);
      for (const piece of candidates) {
        const before = floors.slice();
        const offset = floors[piece]!;
        offsets[piece] = offset;
        for (const { piece: other, above } of this.#neighbours[piece]!) {
          if (offsets[other]! < 0) floors[other] = Math.max(floors[other]!, offset + above);
        }
        if (this.#possible(bytes, offset, offsets, floors) && descend(offset, placed + 1)) return true;
        offsets[piece] = -1;
        for (let i = 0; i < n; i++) floors[i] = before[i]!;
      }
      if (seen.size < rememberedStates) seen.add(key);
      return false;
    };
    try {
      return descend(0, 0) ? { offsets, exhausted: true } : { exhausted: true };
    } catch (error) {
      if (error instanceof GivenUp) return { exhausted: false };
      throw error;
    }
  }

  /** Whether every section has room above its placed pieces for those still to place. */
  #possible(bytes: number, last: number, offsets: readonly number[], floors: readonly number[]): boolean {
    for (const [i, size] of this.#sizes.entries()) {
      if ((offsets[i]! < 0 ? floors[i]! : offsets[i]!) + size > bytes) return false;
    }
    return this.#sections.every(({ pieces, used, shares }) => {
      let room = 0;
      let lowest = Infinity;
      pieces.forEach((piece, k) => {
        if (offsets[piece]! >= 0) return;
        lowest = Math.min(lowest, Math.max(floors[piece]!, last));
        const chased = this.#chased.get(piece);
        const shared = chased?.some((input) => offsets[input]! < 0 && pieces.includes(input)) ?? true;
        room += shared ? shares[k]! : used[k]!;
      });
      return room === 0 || lowest + room <= bytes;
    });
  }
}

/** Sections that no other has all of, each once. */
function maximal(sections: readonly Section[]): Section[] {
  const keyOf = ({ pieces, used }: Section) => pieces.map((piece, k) => `${piece}:${used[k]}`).join();
  const unique = [...new Map(sections.map((section) => [keyOf(section), section])).values()];
  const sizes = unique.map(({ pieces, used }) => new Map(pieces.map((piece, k) => [piece, used[k]!])));
  const within = ({ pieces, used }: Section, other: ReadonlyMap<number, number>) =>
    other.size >= pieces.length && pieces.every((piece, k) => (other.get(piece) ?? -1) >= used[k]!);
  return unique.filter((section, i) => !sizes.some((other, j) => j !== i && within(section, other)));
}
