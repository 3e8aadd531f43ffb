/** Searches y = staircase(tableA[a] + tableB[b]) equal to a table on every reachable pair of codes. */
import type { AddTables } from "../../arith/numerics.js";
import type { AddProblem } from "./certify-linear.js";

/** Tables of codes times slopes in fixed point; a staircase on their sum can treat true ties as it must. */
const fractionBits = { most: 24, least: 8 } as const;
const largestSum = 2 ** 30;
/** Slopes this many units off are tried at the finest scales: they keep sums that nearly tie on the right side. */
const reach = 3;
const finest = 4;

/** The decomposition with the most fraction bits that fit, or undefined. Every pair is compared: that is the certificate. */
export function certifyTables(problem: AddProblem): AddTables | undefined {
  const span = 255 * (Math.abs(problem.slopeA) + Math.abs(problem.slopeB));
  const fitting = Array.from(
    { length: fractionBits.most - fractionBits.least + 1 },
    (_, i) => fractionBits.most - i,
  ).filter((bits) => span * 2 ** bits <= largestSum);
  for (const bits of fitting) {
    const found = tablesAt(problem, problem.slopeA * 2 ** bits, problem.slopeB * 2 ** bits);
    if (found) return found;
  }
  for (const bits of fitting.slice(0, finest)) {
    for (let da = -reach; da <= reach; da++) {
      for (let db = -reach; db <= reach; db++) {
        const found = tablesAt(
          problem,
          Math.round(problem.slopeA * 2 ** bits) + da,
          Math.round(problem.slopeB * 2 ** bits) + db,
        );
        if (found) return found;
      }
    }
  }
  return undefined;
}

function tablesAt(
  { values, aLow, bLow, a, b, clamp }: AddProblem,
  slopeA: number,
  slopeB: number,
): AddTables | undefined {
  // Relative to the middle of the types, so that sums keep clear of 32 bits.
  const table = (slope: number) => Int32Array.from({ length: 256 }, (_, i) => Math.round((i - 128) * slope));
  const tableA = table(slopeA);
  const tableB = table(slopeB);
  const count = clamp.hi - clamp.lo + 1;
  const least = new Array<number>(count).fill(Infinity);
  const greatest = new Array<number>(count).fill(-Infinity);
  for (let x = a.lo - aLow; x <= a.hi - aLow; x++) {
    for (let y = b.lo - bLow; y <= b.hi - bLow; y++) {
      const sum = tableA[x]! + tableB[y]!;
      const value = values[x * 256 + y]! - clamp.lo;
      if (sum < least[value]!) least[value] = sum;
      if (sum > greatest[value]!) greatest[value] = sum;
    }
  }
  const reached = least.flatMap((sum, value) => (sum === Infinity ? [] : [value]));
  const thresholds: number[] = [];
  for (let k = 1; k < reached.length; k++) {
    const [below, value] = [reached[k - 1]!, reached[k]!];
    // With least and greatest sums in order for neighbours, they are in order for all.
    if (greatest[below]! >= least[value]!) return undefined;
    for (let step = below; step < value; step++) thresholds.push(least[value]!);
  }
  const sum = {
    lo: least[reached[0]!]!,
    hi: greatest[reached.at(-1)!]!,
    first: reached[0]! + clamp.lo,
    thresholds: Int32Array.from(thresholds),
  };
  return { a: tableA, b: tableB, sum };
}
