/** Placement of pieces: sound, reproducible, and proven smallest where it says so. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestSet, type PlacementProblem, place } from "../../compiler/plan/placement.js";
import { arenaAlignment } from "../../compiler/plan/plan.js";
import { neighboursOf } from "../../compiler/plan/separations.js";

interface Life {
  readonly units: number;
  readonly start: number;
  readonly length: number;
}

/** Pieces that live from step to step; the output of a chase is born where its input dies. */
function problemOf(lives: readonly Life[], distance: number): PlacementProblem {
  const end = ({ start, length }: Life) => start + length;
  const steps = Array.from({ length: Math.max(...lives.map(end)) + 1 }, (_, step) => step);
  const output = lives.findIndex((life, i) => i > 0 && life.start === end(lives[0]!));
  return {
    sizes: lives.map(({ units }) => units * arenaAlignment),
    together: steps.map((step) => [...lives.keys()].filter((i) => lives[i]!.start <= step && step <= end(lives[i]!))),
    chases: output < 0 ? [] : [{ input: 0, output, distance: distance * arenaAlignment }],
  };
}

const life = fc.record({
  units: fc.integer({ min: 1, max: 40 }),
  start: fc.nat({ max: 12 }),
  length: fc.nat({ max: 6 }),
});
const problems = fc
  .tuple(fc.array(life, { minLength: 1, maxLength: 14 }), fc.nat({ max: 20 }))
  .map(([lives, distance]) => problemOf(lives, distance));

/** The smallest placement, by trying every order of placing pieces as low as possible. */
function smallest({ sizes, ...rest }: PlacementProblem): number {
  const neighbours = neighboursOf({ sizes, ...rest });
  let best = Infinity;
  const visit = (offsets: readonly number[], left: readonly number[], last: number): void => {
    if (left.length === 0) best = Math.min(best, Math.max(...sizes.map((size, i) => offsets[i]! + size)));
    for (const piece of left) {
      const floors = neighbours[piece]!.map(({ piece: other, below }) => offsets[other]! + below);
      const offset = Math.max(0, ...floors.filter((floor) => !Number.isNaN(floor)));
      if (offset < last) continue;
      const next = [...offsets];
      next[piece] = offset;
      visit(
        next,
        left.filter((other) => other !== piece),
        offset,
      );
    }
  };
  visit([], [...sizes.keys()], 0);
  return best;
}

describe("place", () => {
  it("keeps pieces that live together apart, alignment, and bounds", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { offsets, bytes, lowerBound } = place(problem, arenaAlignment);
        neighboursOf(problem).forEach((neighbours, i) => {
          expect(offsets[i]! % arenaAlignment).toBe(0);
          expect(offsets[i]).toBeGreaterThanOrEqual(0);
          expect(offsets[i]! + problem.sizes[i]!).toBeLessThanOrEqual(bytes);
          for (const { piece, above, below } of neighbours) {
            const apart = offsets[piece]! - offsets[i]!;
            expect(apart >= above || -apart >= below).toBe(true);
          }
        });
        expect(lowerBound).toBeGreaterThanOrEqual(largestSet(problem).bytes);
        expect(bytes).toBeGreaterThanOrEqual(lowerBound);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it("is the same every time", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        expect(place(structuredClone(problem), arenaAlignment)).toEqual(place(problem, arenaAlignment));
      }),
      { numRuns: 15, seed: 4 },
    );
  });

  it("finds what trying all orders finds, and proves it", () => {
    const few = fc
      .tuple(fc.array(life, { minLength: 1, maxLength: 6 }), fc.nat({ max: 20 }))
      .map(([lives, distance]) => problemOf(lives, distance));
    fc.assert(
      fc.property(few, (problem) => {
        const { bytes, lowerBound } = place(problem, arenaAlignment);
        expect(bytes).toBe(smallest(problem));
        expect(lowerBound).toBe(bytes);
      }),
      { numRuns: 120, seed: 5 },
    );
  });

  it("proves that the bound of the largest set cannot always be met", () => {
    // Five equal pieces, each alive with the next, the last with the first: a ring of odd length needs three places.
    const problem = {
      sizes: [8, 8, 8, 8, 8],
      together: [0, 1, 2, 3, 4].map((i) => [i, (i + 1) % 5]),
      chases: [],
    };
    expect(largestSet(problem).bytes).toBe(16);
    expect(place(problem, 8)).toMatchObject({ bytes: 24, lowerBound: 24 });
  });

  it("an output that chases its input takes the larger of both, or the input and the distance", () => {
    const chase = (sizes: number[], distance: number) =>
      place({ sizes, together: [[0, 1]], chases: [{ input: 0, output: 1, distance }] }, 8).bytes;
    expect(chase([80, 40], 16)).toBe(96);
    expect(chase([40, 80], 16)).toBe(80);
    expect(chase([40, 80], 64)).toBe(104);
    expect(chase([80, 40], 56)).toBe(120);
    expect(place({ sizes: [], together: [], chases: [] }, 8)).toEqual({ offsets: [], bytes: 0, lowerBound: 0 });
  });

  it("finds the bound where first fit by size alone does not", () => {
    const at = (units: number, start: number, length: number) => ({ units, start, length });
    const problem = problemOf([at(1, 0, 4), at(3, 0, 1), at(2, 1, 2), at(4, 3, 1)], 0);
    const { bytes, lowerBound } = place({ ...problem, chases: [] }, arenaAlignment);
    expect([bytes, lowerBound]).toEqual([56, 56]);
  });
});
