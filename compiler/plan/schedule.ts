/** Which steps to run: the fewest added instructions within a number of bytes, by dynamic programming over the node order. */
import type { Candidate } from "./candidates.js";

/** The schedules of a graph with so many nodes. Only candidates that could be part of an answer are measured. */
export class Schedules {
  #candidates: readonly Candidate[];

  /** `mostRecomputed`: operations that all steps together may do again. */
  constructor(
    candidates: readonly Candidate[],
    readonly nodes: number,
    readonly mostRecomputed = Infinity,
  ) {
    this.#candidates = [...candidates].sort((a, b) => a.end - b.end || a.first - b.first);
  }

  /** Of the steps with the least peak those with the fewest added instructions; undefined when there are none. */
  smallest(): Candidate[] | undefined {
    return this.#measured(() => {
      const limits = [...new Set(this.#candidates.map(({ bytes }) => bytes))].sort((a, b) => a - b);
      // The least limit that some steps keep to, by halves.
      let [low, high] = [0, limits.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.#path(limits[middle]!)) high = middle;
        else low = middle + 1;
      }
      return this.#path(limits[low] ?? 0);
    });
  }

  /** The steps, in order, with the fewest added instructions whose every step needs at most `limit` bytes; undefined when none fit. */
  cheapest(limit: number): Candidate[] | undefined {
    return this.#measured(() => this.#path(limit));
  }

  /** Schedules on the frontier of bytes against added instructions, from the fastest to the smallest. */
  frontier(): Candidate[][] {
    const points: Candidate[][] = [];
    // A graph without nodes has one schedule, of no bytes, whatever the limit.
    for (let limit = Infinity; limit >= 0; ) {
      const steps = this.cheapest(limit);
      if (!steps) break;
      points.push(steps);
      limit = peakOf(steps) - 1;
    }
    const added = (steps: readonly Candidate[]) => steps.reduce((sum, { overhead }) => sum + overhead, 0);
    // Of equally fast schedules only the smallest is on the frontier.
    return points.filter((steps, i) => !points[i + 1] || added(points[i + 1]!) > added(steps));
  }

  /** Measures what an answer rests on until it rests on measured candidates: others are no better than their lower bounds. */
  #measured(answer: () => Candidate[] | undefined): Candidate[] | undefined {
    for (;;) {
      const steps = answer();
      if (!steps?.some(({ measure }) => measure)) return steps;
      const rested = new Set(steps);
      this.#candidates = this.#candidates.flatMap((step) =>
        rested.has(step) && step.measure ? step.measure() : [step],
      );
    }
  }

  /** The fewest added instructions within `limit`. Of the ways to a node, those are kept that no other beats in both sums. */
  #path(limit: number): Candidate[] | undefined {
    const sums: Sum[][] = Array.from({ length: this.nodes + 1 }, () => []);
    sums[0]!.push({ added: 0, recomputed: 0 });
    for (const last of this.#candidates) {
      if (last.bytes > limit) continue;
      for (const before of sums[last.first]!) {
        const [added, recomputed] = [before.added + last.overhead, before.recomputed + last.recomputedMacs];
        const others = sums[last.end]!;
        if (recomputed > this.mostRecomputed) continue;
        if (others.some((other) => other.added <= added && other.recomputed <= recomputed)) continue;
        const kept = others.filter((other) => other.added < added || other.recomputed < recomputed);
        sums[last.end] = [...kept, { added, recomputed, before, last }];
      }
    }
    const [first, ...others] = sums[this.nodes]!;
    if (!first) return undefined;
    const steps: Candidate[] = [];
    const best = others.reduce((least, sum) => (sum.added < least.added ? sum : least), first);
    for (let sum: Sum | undefined = best; sum?.last; sum = sum.before) steps.unshift(sum.last);
    return steps;
  }
}

/** Steps up to some node: what they add. */
interface Sum {
  readonly added: number;
  readonly recomputed: number;
  readonly before?: Sum;
  readonly last?: Candidate;
}

/** Bytes that a schedule's steps need at most. */
export function peakOf(steps: readonly Candidate[]): number {
  return steps.reduce((peak, { bytes }) => Math.max(peak, bytes), 0);
}
