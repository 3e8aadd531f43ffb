/** Memory maps and frontiers as text, data and drawings. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { makePlan, planFrontier } from "../../compiler/plan/make-plan.js";
import { frontierJson, frontierSvg, frontierText } from "../../compiler/report/frontier.js";
import { memoryMapJson, memoryMapText } from "../../compiler/report/memory-map.js";
import { memoryMapSvg } from "../../compiler/report/memory-map-svg.js";
import { fitted, lengthOf, ticks } from "../../compiler/report/svg.js";
import { rowNetwork } from "../plan/row-network.js";
import { core } from "../runtime-c/run.js";

const { integerGraph, plan } = compile(rowNetwork().bytes(), { name: "a<b & c" });
const small = makePlan(integerGraph, { optimize: "memory", core: core("cortex-m4") });

describe("memory maps", () => {
  it("list every step with what it takes, and every piece", () => {
    const text = memoryMapText(small);
    expect(text).toMatch(/^arena \d+ bytes: the smallest for these steps, proven; about \d+ instructions more/);
    expect(text).toMatch(/ {2}\S+ to \S+ \(rows\)\n/);
    for (const { name } of small.pieces) expect(text).toContain(name);
    const { steps } = memoryMapJson(small) as { steps: { bytes: number }[] };
    expect(Math.max(...steps.map(({ bytes }) => bytes))).toBe(small.arenaBytes);
    expect(memoryMapText(plan)).toContain("about 0 instructions more");
  });

  it("say how far an unproven arena may be from the smallest", () => {
    expect(memoryMapText({ ...small, arenaBytes: 1100, lowerBound: 1000 })).toMatch(
      /^arena 1100 bytes: at most 10.0 % above the smallest, which is at least 1000;/,
    );
  });

  it("draw a rectangle per piece inside the picture, names escaped", () => {
    const svg = memoryMapSvg(small);
    expect(svg.match(/<rect x=/g)).toHaveLength(small.pieces.length);
    expect(svg).toContain("a&lt;b &amp; c: arena");
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number) as [number, number, number];
    for (const [, x, y, w, h] of svg.matchAll(/<rect x="(.+?)" y="(.+?)" width="(.+?)" height="(.+?)"/g)) {
      expect(Number(x) + Number(w)).toBeLessThanOrEqual(width);
      expect(Number(y) + Number(h)).toBeLessThanOrEqual(height);
      expect(Number(h)).toBeGreaterThan(0);
    }
  });
});

describe("names in drawings", () => {
  it("are whole where they fit, lose their middle where they are longer, and are left out where nothing could be read", () => {
    expect(fitted("abcdefgh", lengthOf("abcdefgh"))).toBe("abcdefgh");
    expect(fitted("abcdefgh", lengthOf("abcdefg"))).toBe("abc…fgh");
    expect(fitted("abcdefgh", lengthOf("abcde"))).toBe("");
    expect(fitted("abc", lengthOf("abc"))).toBe("abc");
  });

  it("never lie over one another, though pieces do", () => {
    const piece = { kind: "rows", offset: 0, bytes: 100, start: 0, end: 1 } as const;
    const svg = memoryMapSvg({
      ...small,
      arenaBytes: 100,
      pieces: [piece, { ...piece, bytes: 90 }].map((p) => ({ ...p, name: `${p.bytes} bytes` })),
    });
    expect(svg).toContain(">100 bytes</text>");
    expect(svg).toContain(">90 bytes</text>");
    const same = memoryMapSvg({
      ...small,
      arenaBytes: 100,
      pieces: ["this", "that"].map((name) => ({ ...piece, name })),
    });
    expect(same.match(/>th(is|at)<\/text>/g)).toEqual([">this</text>"]);
  });
});

describe("ticks", () => {
  it.each([
    ["binary", 55_344, [0, 8192, 16_384, 24_576, 32_768, 40_960, 49_152]],
    ["decimal", 331_095, [0, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000]],
    ["decimal", 17, [0, 5, 10, 15]],
    ["binary", 1, [0, 1]],
  ] as const)("%s, up to %i", (kind, most, expected) => {
    expect(ticks(most, kind)).toEqual(expected);
  });
});

describe("frontiers", () => {
  const plans = planFrontier(integerGraph);

  it("lead from whole tensors to the smallest plan, each point cheaper in bytes and dearer in instructions", () => {
    expect(plans[0]).toEqual(plan);
    expect(plans.at(-1)!.arenaBytes).toBe(makePlan(integerGraph, { optimize: "memory" }).arenaBytes);
    plans.slice(1).forEach((point, i) => {
      expect(point.arenaBytes).toBeLessThan(plans[i]!.arenaBytes);
      expect(point.overhead).toBeGreaterThan(plans[i]!.overhead);
    });
  });

  it("are what limits choose from: the fastest plan that fits", () => {
    for (const point of plans) {
      expect(makePlan(integerGraph, { sramBytes: point.arenaBytes })).toEqual(point);
      expect(makePlan(integerGraph, { sramBytes: point.arenaBytes - 1 }).overhead).toBeGreaterThanOrEqual(
        point.overhead,
      );
    }
  });

  it("print as text, data and a drawing", () => {
    expect(frontierText(plans).trimEnd().split("\n")).toHaveLength(plans.length + 1);
    expect((frontierJson(plans) as { points: object[] }).points).toHaveLength(plans.length);
    expect(frontierSvg(plans).match(/<circle/g)).toHaveLength(plans.length);
  });
});
