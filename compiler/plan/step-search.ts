/**
 * Search for a placement of a given size, step by step. Pieces that outlive a step are tried, in order of time, at the few
 * offsets where they touch one another or an end of the arena; what lives within a step depends on those alone, and is fitted
 * in between. Finds chains of outputs that chase their inputs; proves nothing.
 */
import { firstFit, ordersOf } from "./first-fit.js";
import type { PlacementProblem } from "./placement.js";
import { type Neighbour, neighboursOf } from "./separations.js";

export class StepSearch {
  readonly #sizes: readonly number[];
  readonly #neighbours: Neighbour[][];
  /** The pieces that outlive a step, in order of time. */
  readonly #lasting: readonly number[];
  /** Behind how many of them each group can be fitted in: all that live with it are placed. */
  readonly #due: readonly (readonly (readonly number[])[])[];
  /** Place among the lasting ones behind which a piece's offset no longer matters. */
  readonly #until: ReadonlyMap<number, number>;

  constructor(problem: PlacementProblem) {
    const { sizes, groups = [], order = [...sizes.keys()] } = problem;
    this.#sizes = sizes;
    this.#neighbours = neighboursOf(problem);
    const grouped = new Set(groups.flat());
    this.#lasting = order.filter((piece) => !grouped.has(piece));
    const rank = new Map(this.#lasting.map((piece, at) => [piece, at]));
    const last = (pieces: readonly number[]) => pieces.reduce((at, piece) => Math.max(at, rank.get(piece) ?? -1), -1);
    const around = (piece: number) => this.#neighbours[piece]!.map(({ piece: other }) => other);
    const due: (readonly number[])[][] = this.#lasting.map(() => []);
    const until = new Map(this.#lasting.map((piece) => [piece, last(around(piece))]));
    for (const group of groups.filter(({ length }) => length > 0)) {
      const outside = group.flatMap(around);
      const at = Math.max(last(outside), 0);
      due[at]?.push(group);
      for (const piece of outside) if (rank.has(piece)) until.set(piece, Math.max(until.get(piece)!, at));
    }
    this.#due = due;
    this.#until = until;
  }

  /** Offsets of a placement in `bytes`, if one is found within `steps` steps. */
  fit(bytes: number, steps: number): number[] | undefined {
    const offsets = new Array<number>(this.#sizes.length).fill(-1);
    const failed = new Set<string>();
    let left = steps;
    const descend = (at: number): boolean => {
      if (at === this.#lasting.length) return true;
      const key = this.#key(at, offsets);
      if (failed.has(key)) return false;
      const piece = this.#lasting[at]!;
      for (const offset of this.#candidates(piece, bytes, offsets)) {
        if (left-- <= 0) return false;
        offsets[piece] = offset;
        const fitted = this.#due[at]!.every((group) => this.#fitGroup(group, bytes, offsets));
        if (fitted && descend(at + 1)) return true;
        for (const member of this.#due[at]!.flat()) offsets[member] = -1;
        offsets[piece] = -1;
      }
      failed.add(key);
      return false;
    };
    return descend(0) ? offsets : undefined;
  }

  /** Fits what lives within a step between what is placed; leaves offsets only where all find room. */
  #fitGroup(group: readonly number[], bytes: number, offsets: number[]): boolean {
    const problem = { sizes: this.#sizes, neighbours: this.#neighbours, fixed: offsets };
    for (const order of ordersOf(group, this.#sizes)) {
      const fit = firstFit(problem, order);
      if (group.some((piece) => fit.offsets[piece]! + this.#sizes[piece]! > bytes)) continue;
      for (const piece of group) offsets[piece] = fit.offsets[piece]!;
      return true;
    }
    return false;
  }

  /** The offsets that pieces still to come depend on. */
  #key(at: number, offsets: readonly number[]): string {
    const alive = this.#lasting.slice(0, at).filter((piece) => this.#until.get(piece)! >= at);
    return `${at}:${alive.map((piece) => offsets[piece]).join()}`;
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
