/** Searches y = staircase(tableA[a] + tableB[b]) equal to a table on every reachable pair of codes. */
import type { AddDefinition, AddTables } from "../../arith/numerics.js";
import type { AddProblem } from "./certify-linear.js";

/** Tables of codes times slopes in fixed point; a staircase on their sum can treat true ties as it must. */
const fractionBits = { most: 24, least: 8 } as const;
const largestSum = 2 ** 30;
/** Slopes this many units off are tried at the finest scales: they keep sums that nearly tie on the right side. */
const reach = 3;
const finest = 4;

/** The decomposition with the most fraction bits that fit, or undefined. Every pair is compared: that is the certificate. */
export function certifyTables(problem: AddProblem, terms: AddDefinition["terms"]): AddTables | undefined {
  const linear = (slope: number) => Float64Array.from({ length: 256 }, (_, i) => (i - 128) * slope);
  const real = terms
    ? ([table(problem.aLow, terms.a), table(problem.bLow, terms.b)] as const)
    : ([linear(problem.slopeA), linear(problem.slopeB)] as const);
  const span = real.reduce(
    (sum, values) => sum + values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    0,
  );
  const fitting = Array.from(
    { length: fractionBits.most - fractionBits.least + 1 },
    (_, i) => fractionBits.most - i,
  ).filter((bits) => span * 2 ** bits <= largestSum);
  for (const bits of fitting) {
    const found = tablesAt(problem, rounded(real[0], 2 ** bits), rounded(real[1], 2 ** bits));
    if (found) return found;
  }
  for (const bits of fitting.slice(0, finest)) {
    for (let da = -reach; da <= reach; da++) {
      for (let db = -reach; db <= reach; db++) {
        const a = linear(Math.round(problem.slopeA * 2 ** bits) + da);
        const b = linear(Math.round(problem.slopeB * 2 ** bits) + db);
        const found = tablesAt(problem, rounded(a, 1), rounded(b, 1));
        if (found) return found;
      }
    }
  }
  return undefined;
}

function table(low: number, term: (code: number) => number): Float64Array {
  return Float64Array.from({ length: 256 }, (_, i) => term(low + i));
}

function rounded(values: Float64Array, one: number): Int32Array {
  return Int32Array.from(values, (value) => Math.round(value * one));
}

function tablesAt(
  { values, aLow, bLow, a, b, clamp }: AddProblem,
  tableA: Int32Array,
  tableB: Int32Array,
): AddTables | undefined {
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
