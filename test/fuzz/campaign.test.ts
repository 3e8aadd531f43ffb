/** What a campaign makes of engines that fail. */
import { expect, it } from "vitest";
import { campaign } from "./campaign.js";
import type { BatchEngine } from "./engines.js";

function engine(run: BatchEngine["run"]): BatchEngine {
  return { name: "broken", batch: 4, check: () => {}, run };
}

const failures = async (run: BatchEngine["run"]) =>
  (await campaign({ seed: 1, runs: 4, engines: [engine(run)] })).failures.map(({ reason }) => reason.split("\n")[0]);

it("a batch that fails only as a whole is a failure, not silence and a build per graph", async () => {
  const found = await failures(async (graphs) => {
    if (graphs.length > 1) throw new Error("names clash");
    return [undefined];
  });
  // One for each smallest batch that fails.
  expect(found).toEqual(Array(2).fill("together: Error: names clash"));
});

it("a graph that breaks its batch is found by halves", async () => {
  let first: unknown;
  const found = await failures(async (graphs) => {
    first ??= graphs[0];
    if (graphs.some((graph) => graph === first)) throw new Error("does not build");
    return graphs.map(() => undefined);
  });
  expect(found).toEqual(["Error: does not build"]);
});
