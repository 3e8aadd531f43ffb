/** The high-word form against staircases: every accumulator of small intervals, every threshold of large ones. */
import { describe, expect, it } from "vitest";
import {
  evaluateHigh,
  evaluateStaircase,
  identityStaircase,
  type RequantizeLayer,
  realiseHigh,
  type Staircase,
} from "../../compiler/arith/index.js";
import { randomStaircase } from "../runtime-c/graphs.js";
import { Random } from "../runtime-c/random.js";

const clamp = { lo: -128, hi: 127 };
const shifts = [12, 11, 13, 10, 14, 9, 15, 8, 16, 7];

function layerOf(channels: Staircase[], zeroPoint = 0): RequantizeLayer {
  return { channels, zeroPoint, clamp };
}

/** Accumulators where the value may change, their neighbours, and both ends. */
function places({ lo, hi, thresholds }: Staircase): number[] {
  return [lo, hi, ...[...thresholds].flatMap((t) => [t - 1, t])].filter((acc) => acc >= lo && acc <= hi);
}

describe("realiseHigh", () => {
  it("gives constants that compute the staircase, for accumulators that lack something", () => {
    const random = new Random(11);
    let realised = 0;
    for (let i = 0; i < 60; i++) {
      const [lo, hi] = [-random.integer(1, 400000), random.integer(1, 400000)];
      const staircase = randomStaircase(random, lo, hi, random.integer(-128, 127), clamp, "plain");
      const missing = random.integer(-200000, 200000);
      const scale = 2 ** random.integer(4, 8);
      const found = realiseHigh(layerOf([staircase]), [missing], shifts, scale);
      if (!found) continue;
      realised++;
      const { shift, channels } = found;
      for (const acc of places(staircase)) {
        const value = evaluateHigh(channels[0]!, shift, scale * (acc - missing));
        expect(Math.min(127, Math.max(-128, value))).toBe(evaluateStaircase(staircase, acc));
        const scaled = scale * (acc - missing) + channels[0]!.start;
        expect(scaled).toBe(scaled | 0);
      }
    }
    expect(realised).toBeGreaterThan(50);
  });

  it("takes one shift for all channels, constant ones among them", () => {
    const random = new Random(3);
    const constant = { lo: -5, hi: 900, first: 17, thresholds: new Int32Array() };
    const channels = [randomStaircase(random, -50000, 60000, 3, clamp, "plain"), constant];
    const found = realiseHigh(layerOf(channels, 3), [0, 12], shifts)!;
    expect(evaluateHigh(found.channels[1]!, found.shift, 0)).toBe(17);
  });

  it("refuses true ties, identities, and sums that leave int32 when scaled", () => {
    const random = new Random(8);
    const ties = randomStaircase(random, -100000, 100000, 0, clamp, "parity");
    expect(realiseHigh(layerOf([ties]), [0], shifts)).toBeUndefined();
    expect(realiseHigh(layerOf([identityStaircase(clamp)]), [0], shifts)).toBeUndefined();
    const wide = randomStaircase(random, -(2 ** 23) - 1, 2 ** 20, 0, clamp, "plain");
    expect(realiseHigh(layerOf([wide]), [0], shifts)).toBeUndefined();
    // The same staircase for a kernel whose sums are smaller.
    expect(realiseHigh(layerOf([wide]), [-(2 ** 20)], shifts)).toBeDefined();
  });
});
