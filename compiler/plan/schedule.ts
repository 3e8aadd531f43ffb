/** Which steps to run: the fewest added instructions within a number of bytes, by dynamic programming over the node order. */
import type { Candidate } from "./candidates.js";

/** The least peak that any schedule has; Infinity when there is none. */
export function leastPeak(candidates: readonly Candidate[], nodes: number): number {
  const peaks = new Array<number>(nodes + 1).fill(Infinity);
  peaks[0] = 0;
  for (const { first, end, bytes } of byEnd(candidates)) {
    peaks[end] = Math.min(peaks[end]!, Math.max(peaks[first]!, bytes));
  }
  return peaks[nodes]!;
}

/** The steps, in order, with the fewest added instructions whose every step needs at most `limit` bytes; undefined when none fit. */
export function cheapest(candidates: readonly Candidate[], nodes: number, limit: number): Candidate[] | undefined {
  const costs = new Array<number>(nodes + 1).fill(Infinity);
  const last = new Array<Candidate | undefined>(nodes + 1);
  costs[0] = 0;
  for (const candidate of byEnd(candidates)) {
    if (candidate.bytes > limit) continue;
    const cost = costs[candidate.first]! + candidate.overhead;
    if (cost < costs[candidate.end]!) [costs[candidate.end], last[candidate.end]] = [cost, candidate];
  }
  if (nodes > 0 && !last[nodes]) return undefined;
  const steps: Candidate[] = [];
  for (let end = nodes; end > 0; end = steps[0]!.first) steps.unshift(last[end]!);
  return steps;
}

/** Bytes that a schedule's steps need at most. */
export function peakOf(steps: readonly Candidate[]): number {
  return steps.reduce((peak, { bytes }) => Math.max(peak, bytes), 0);
}

/** Schedules on the frontier of bytes against added instructions, from the fastest to the smallest. */
export function frontier(candidates: readonly Candidate[], nodes: number): Candidate[][] {
  const points: Candidate[][] = [];
  for (let limit = Infinity; ; ) {
    const steps = cheapest(candidates, nodes, limit);
    if (!steps) break;
    points.push(steps);
    limit = peakOf(steps) - 1;
  }
  const added = (steps: readonly Candidate[]) => steps.reduce((sum, { overhead }) => sum + overhead, 0);
  // Of equally fast schedules only the smallest is on the frontier.
  return points.filter((steps, i) => !points[i + 1] || added(points[i + 1]!) > added(steps));
}

const byEnd = (candidates: readonly Candidate[]) => [...candidates].sort((a, b) => a.end - b.end || a.first - b.first);
