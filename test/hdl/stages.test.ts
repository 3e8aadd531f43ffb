/** Every rtl module against the interpreter: several parameter sets of each op, under every pattern of back-pressure. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bench, buildBench, stallPatterns } from "./bench.js";
import { designs } from "./designs.js";

describe("stages in Verilator", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await buildBench(designs);
  }, 180_000);
  afterAll(() => bench?.close());

  it("cover the four requantization forms", () => {
    const forms = [...bench.files.values()].flatMap((text) =>
      [...text.matchAll(/^ +\.FORM\((\d)\)/gm)].map(([, form]) => form),
    );
    expect([...new Set(forms)].sort()).toEqual(["0", "1", "2", "3"]);
  });

  for (const [index, { title }] of designs.entries()) {
    it.each(stallPatterns)(`${title}: exact with stalls on %s`, async (stall) => {
      const { expected, got } = await bench.compare(index, stall);
      expect(got.equals(expected), `got ${got.toString("hex")}\nexp ${expected.toString("hex")}`).toBe(true);
    });
  }
});
