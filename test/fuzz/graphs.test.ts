/** A fixed set of random graphs through every engine; scripts/fuzz-graphs.ts runs more of them. */
import { beforeAll, describe, expect, it } from "vitest";
import { type CampaignOptions, campaign, kernelsOf } from "./campaign.js";
import { type Compiled, compiled, isRefused, layersOf } from "./case.js";
import { engineNamed } from "./engines.js";
import { madeForCores } from "./made-for-cores.js";

const seed = 20_260_101;

async function failures(options: Omit<CampaignOptions, "seed">) {
  const tally = await campaign({ seed, ...options });
  return { failures: tally.failures, compiled: tally.compiled, compared: tally.compared, schedules: tally.schedules };
}

describe("random graphs", () => {
  it("generated C computes the interpreter's bytes; few graphs are refused", async () => {
    const runs = 40;
    const { failures: found, compiled, compared, schedules } = await failures({ runs, engines: [engineNamed("host")] });
    expect(found).toEqual([]);
    expect(compiled).toBeGreaterThan(0.75 * runs);
    expect(compared.get("host")).toBeGreaterThan(0.95 * compiled);
    for (const name of ["rows", "whole tensors"]) expect(schedules.get(name), name).toBeGreaterThan(1);
  }, 600_000);

  it.each([
    ["cortex-m4", 5],
    ["rv32imc", 5],
    ["verilog", 4],
  ])(
    "%s computes the interpreter's bytes",
    async (name, count) => {
      const { failures: found, compared } = await failures({
        runs: 3 * count,
        engines: [engineNamed(name)],
        most: new Map([[name, count]]),
      });
      expect(found).toEqual([]);
      expect(compared.get(name)).toBe(count);
    },
    600_000,
  );
});

describe("each fast kernel", () => {
  /** Graphs of layers, by seed, that reach kernels which none before them reaches. */
  const missing = new Set(madeForCores);
  const graphs: Compiled[] = [];
  beforeAll(() => {
    for (let each = 0; missing.size > 0 && each < 1000; each++) {
      const result = compiled(layersOf(each), false);
      if (isRefused(result)) continue;
      const found = kernelsOf(result).filter((kernel) => missing.delete(kernel));
      if (found.length > 0) graphs.push(result);
    }
  }, 600_000);

  it("is reached by a graph of layers", () => {
    expect([...missing]).toEqual([]);
  });

  it("computes the interpreter's bytes on this machine", async () => {
    const reasons = await engineNamed("host").run(graphs);
    expect(reasons).toEqual(graphs.map(() => undefined));
  }, 600_000);
});
