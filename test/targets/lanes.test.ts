/** Two-lane products: chunks whose sums provably stay in 16 bits, as long as they may be. */
import { describe, expect, it } from "vitest";
import { type LaneMatrix, laneCentre, laneChunks, requireLanes } from "../../targets/c/lanes.js";
import { Random } from "../runtime-c/random.js";

const all = { lo: -128, hi: 127 };

function matrixOf(weights: readonly number[], codes: LaneMatrix["codes"] = () => all, centre = 0): LaneMatrix {
  return { weights: Int8Array.from(weights), channels: 1, taps: weights.length, codes, centre };
}

const throws = (matrix: LaneMatrix, chunks: readonly number[]) =>
  expect(() => requireLanes(matrix, [0], chunks), `${chunks}`).toThrow(/QC3001.*16-bit lane/);

describe("the proof of chunks", () => {
  it("takes a lane's last value, and no weight more", () => {
    // 256 weights of 1 reach -32768; with one more -32896.
    requireLanes(matrixOf(Array(256).fill(1)), [0], [256]);
    throws(matrixOf(Array(257).fill(1)), [257]);
    // -1 * -128 reaches 32768 with 256 of them, one beyond.
    requireLanes(matrixOf(Array(255).fill(-1)), [0], [255]);
    throws(matrixOf(Array(256).fill(-1)), [256]);
    requireLanes(matrixOf([...Array(255).fill(1), 1]), [0], [256]);
    throws(matrixOf([...Array(255).fill(1), 2]), [256]);
  });

  it("counts codes from the centre, by their proven ranges", () => {
    const narrow = (tap: number) => ({ lo: -128, hi: tap % 2 === 0 ? -65 : -98 });
    const centre = laneCentre(narrow, 2);
    expect(centre).toBe(-96);
    // Magnitudes of 32: four times the weights.
    requireLanes(matrixOf(Array(8).fill(127), narrow, centre), [0], [8]);
    throws(matrixOf(Array(8).fill(127), narrow), [8]);
  });

  it("wants every tap in a chunk", () => {
    expect(() => requireLanes(matrixOf([1, 1]), [0], [1])).toThrow("chunks of 1 taps; expected 2");
  });
});

describe("chunks", () => {
  const random = new Random(7);
  const weights = Int8Array.from({ length: 4 * 100 }, () => random.integer(-128, 127) >> random.integer(0, 2));
  const matrix: LaneMatrix = { weights, channels: 4, taps: 100, codes: () => all, centre: 0 };

  it("are as long as the proof allows", () => {
    for (const channels of [[0], [1, 2], [0, 1, 2, 3]]) {
      const chunks = laneChunks(matrix, channels, 30);
      const longer = chunks.flatMap((taps, i) => {
        if (taps === 30 || i === chunks.length - 1) return [];
        return [[...chunks.slice(0, i), taps + 1, chunks[i + 1]! - 1, ...chunks.slice(i + 2)]];
      });
      expect(longer.length).toBeGreaterThan(5);
      for (const other of longer) expect(() => requireLanes(matrix, channels, other)).toThrow("QC3001");
    }
  });
});
