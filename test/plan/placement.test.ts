/** Placement of buffers: sound and reproducible on any lifetimes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Buffer } from "../../compiler/plan/liveness.js";
import { liveBound, place } from "../../compiler/plan/placement.js";
import { arenaAlignment } from "../../compiler/plan/plan.js";

const buffer = fc
  .record({
    units: fc.integer({ min: 1, max: 40 }),
    start: fc.integer({ min: -1, max: 12 }),
    length: fc.nat({ max: 6 }),
  })
  .map(
    ({ units, start, length }): Buffer => ({ bytes: units * arenaAlignment, start, end: start + length, tensors: [] }),
  );
const buffers = fc.array(buffer, { minLength: 1, maxLength: 14 });

describe("place", () => {
  it("never overlaps buffers that live at one step, keeps alignment and meets the bounds", () => {
    fc.assert(
      fc.property(buffers, (all) => {
        const { offsets, bytes } = place(all);
        const end = (i: number) => offsets[i]! + all[i]!.bytes;
        all.forEach((a, i) => {
          expect(offsets[i]! % arenaAlignment).toBe(0);
          expect(offsets[i]).toBeGreaterThanOrEqual(0);
          expect(end(i)).toBeLessThanOrEqual(bytes);
          all.slice(0, i).forEach((b, j) => {
            const together = a.start <= b.end && b.start <= a.end;
            if (together) expect(offsets[i]! >= end(j) || offsets[j]! >= end(i)).toBe(true);
          });
        });
        expect(bytes).toBeGreaterThanOrEqual(liveBound(all).bytes);
        expect(bytes).toBeLessThanOrEqual(all.reduce((sum, b) => sum + b.bytes, 0));
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it("is the same every time", () => {
    fc.assert(
      fc.property(buffers, (all) => {
        expect(place(all.map((b) => ({ ...b })))).toEqual(place(all));
      }),
      { numRuns: 15, seed: 4 },
    );
  });

  it("the bound is the largest sum alive at one step, and its first step", () => {
    const b = (bytes: number, start: number, end: number): Buffer => ({ bytes, start, end, tensors: [] });
    expect(liveBound([b(8, -1, 0), b(16, 0, 2), b(24, 2, 3), b(8, 3, 3)])).toEqual({ bytes: 40, step: 2 });
    expect(liveBound([])).toEqual({ bytes: 0, step: -1 });
    expect(place([])).toEqual({ offsets: [], bytes: 0 });
  });

  it("finds the bound where first fit by size alone does not", () => {
    const b = (bytes: number, start: number, end: number): Buffer => ({ bytes, start, end, tensors: [] });
    // By size: 32, 24, then 16 must go above 24; by lifetime everything fits the bound.
    const all = [b(24, 0, 1), b(16, 1, 3), b(32, 3, 4), b(8, 0, 4)];
    expect(place(all).bytes).toBe(liveBound(all).bytes);
  });
});
