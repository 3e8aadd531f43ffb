/** Damaged models of both formats: whatever the bytes, compile returns or throws a coded refusal (`npm run fuzz:import` runs more). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Corpus, campaign, outcome } from "../../scripts/fuzz/campaign.js";
import { builtSamples } from "../../scripts/fuzz/corpus.js";

const limits = { seconds: Number.POSITIVE_INFINITY, megabytes: 4096 }; // a loaded machine is no failure

describe("damaged bytes end as a diagnostic", () => {
  const samples = builtSamples();

  it.each(samples.map(({ name, bytes }) => [name, bytes] as const))("%s is accepted as it is", (_, bytes) => {
    expect(outcome(bytes, limits)).toBe("accepted");
  });

  it("3000 mutated models", () => {
    const outcomes = campaign(new Corpus(samples), { seed: 20260101, runs: 3000, limits });
    // The mutations must reach behind the decoders, or they test nothing of ours.
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(["accepted", "QC1002", "QC1003", "QC1004", "QC2001", "QC2002", "QC2003", "QC2004"]),
    );
  });

  it("every seventh truncation", () => {
    for (const { bytes } of samples.filter(({ name }) => name === "network" || name === "tflite")) {
      for (let length = 0; length < bytes.length; length += 7) {
        expect(outcome(bytes.subarray(0, length), limits)).toMatch(/^QC1/);
      }
    }
  });

  it.each([
    ["no format", []],
    ["TensorFlow Lite's identifier", [8, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33]],
  ])("random bytes behind %s", (_, head) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcome(Uint8Array.from([...head, ...bytes]), limits)).toMatch(/^QC1/);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe("a campaign", () => {
  const slow = builtSamples().filter(({ name }) => name === "random");

  it("makes the same case from the same numbers, and others from others", () => {
    const corpus = new Corpus(builtSamples());
    expect(corpus.case(3, 8)).toEqual(corpus.case(3, 8));
    expect(
      new Set([0, 1, 2, 3, 4].map((number) => Buffer.from(corpus.case(3, number).bytes).toString("hex"))).size,
    ).toBe(5);
  });

  it("ends at the first case beyond a limit, and says which", () => {
    expect(() => campaign(new Corpus(slow), { seed: 5, runs: 9, limits: { seconds: -1, megabytes: 4096 } })).toThrow(
      /seed 5, case \d, from random: Error: took \d+\.\d s, ended as /,
    );
  });
});
