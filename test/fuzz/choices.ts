/** Decisions of a generator, read from a list of numbers: smaller numbers and shorter lists make simpler graphs, so that fast-check shrinks them. */

/** Choices are numbers below this. */
export const choiceCount = 2 ** 16;

export class Choices {
  private at = 0;

  constructor(private readonly numbers: readonly number[]) {}

  /** The next number; 0 behind the end. */
  next(): number {
    return this.numbers[this.at++] ?? 0;
  }

  /** An integer in [lo, hi]; `lo` is the simplest one. */
  integer(lo: number, hi: number): number {
    return lo + (this.next() % (hi - lo + 1));
  }

  /** One of the items; the first is the simplest one. */
  pick<T>(items: readonly T[]): T {
    return items[this.next() % items.length]!;
  }

  /** True in about this part of all cases; false is simpler. */
  chance(part: number): boolean {
    return this.next() >= choiceCount * (1 - part);
  }

  /** A real number in [lo, hi). */
  real(lo: number, hi: number): number {
    return lo + ((hi - lo) * this.next()) / choiceCount;
  }
}
