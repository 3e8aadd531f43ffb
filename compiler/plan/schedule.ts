/** Which steps to run: the fewest added instructions within a number of bytes, by dynamic programming over the node order. */
import type { Candidate } from "./candidates.js";

/** The schedules of a graph with so many nodes. Only candidates that could be part of an answer are measured. */
export class Schedules {
  readonly #candidates: Candidate[];

  constructor(
    candidates: readonly Candidate[],
    readonly nodes: number,
  ) {
    this.#candidates = [...candidates].sort((a, b) => a.end - b.end || a.first - b.first);
  }

  /** The steps with the least peak; undefined when there are none. */
  smallest(): Candidate[] | undefined {
    return this.#measured(() => this.#path(Infinity, (a, b) => a.peak - b.peak || a.added - b.added));
  }

  /** The steps, in order, with the fewest added instructions whose every step needs at most `limit` bytes; undefined when none fit. */
  cheapest(limit: number): Candidate[] | undefined {
    return this.#measured(() => this.#path(limit, (a, b) => a.added - b.added));
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
      for (const step of steps) {
        if (step.measure) this.#candidates[this.#candidates.indexOf(step)] = step.measure();
      }
    }
  }

  #path(limit: number, compare: (a: Sum, b: Sum) => number): Candidate[] | undefined {
    const sums = new Array<Sum | undefined>(this.nodes + 1);
    sums[0] = { peak: 0, added: 0 };
    for (const last of this.#candidates) {
      const before = sums[last.first];
      if (!before || last.bytes > limit) continue;
      const sum = { peak: Math.max(before.peak, last.bytes), added: before.added + last.overhead, before, last };
      if (!sums[last.end] || compare(sum, sums[last.end]!) < 0) sums[last.end] = sum;
    }
    if (!sums[this.nodes]) return undefined;
    const steps: Candidate[] = [];
    for (let sum = sums[this.nodes]; sum?.last; sum = sum.before) steps.unshift(sum.last);
    return steps;
  }
}

/** Steps up to some node: what they need and add. */
interface Sum {
  readonly peak: number;
  readonly added: number;
  readonly before?: Sum;
  readonly last?: Candidate;
}

/** Bytes that a schedule's steps need at most. */
export function peakOf(steps: readonly Candidate[]): number {
  return steps.reduce((peak, { bytes }) => Math.max(peak, bytes), 0);
}
