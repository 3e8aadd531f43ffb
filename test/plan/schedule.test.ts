/** Schedules measure only what they rest on: what candidates claim before is never too much. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import type { IntegerGraph } from "../../compiler/ir/index.js";
import { candidatesOf } from "../../compiler/plan/candidates.js";
import { type InputPlaces, resident } from "../../compiler/plan/input-places.js";
import { macsOf } from "../../compiler/plan/overhead.js";
import { peakOf, Schedules } from "../../compiler/plan/schedule.js";
import { randomModel } from "../helpers/random-model.js";
import { rowNetwork } from "./row-network.js";

/** All candidates, measured, beside their lower bounds. */
const measuredOf = (graph: IntegerGraph, places: InputPlaces, mostRecomputed: number) =>
  candidatesOf(graph, places, undefined, mostRecomputed).map((bound) => ({
    bound,
    exact: bound.measure?.() ?? [bound],
  }));

describe("lower bounds", () => {
  it("are met by every candidate, and answers are those of measured candidates", () => {
    const graphs = [rowNetwork(), ...Array.from({ length: 20 }, (_, seed) => randomModel(seed + 1, 6))].map(
      (model) => compile(model.bytes()).integerGraph,
    );
    let [rows, strips] = [0, 0];
    for (const graph of graphs) {
      const inputs = new Set(graph.inputs);
      for (const places of [resident, { ...resident, streamed: inputs }, { ...resident, external: inputs }]) {
        const mostRecomputed = Math.floor(macsOf(graph) / 4);
        const pairs = measuredOf(graph, places, mostRecomputed);
        for (const { bound, exact } of pairs) {
          for (const { group, bytes, overhead } of exact) {
            if (group?.strips) strips++;
            else if (group) rows++;
            expect(bound.bytes, `${graph.name} ${bound.first}-${bound.end}`).toBeLessThanOrEqual(bytes);
            expect(bound.overhead).toBeLessThanOrEqual(overhead);
          }
        }
        const [lazy, eager] = [pairs.map(({ bound }) => bound), pairs.flatMap(({ exact }) => exact)].map(
          (candidates) => new Schedules(candidates, graph.nodes.length, mostRecomputed),
        );
        const summary = (schedules: Schedules) =>
          schedules.frontier().map((steps) => [peakOf(steps), steps.reduce((sum, { overhead }) => sum + overhead, 0)]);
        expect(summary(lazy!)).toEqual(summary(eager!));
        expect(peakOf(lazy!.smallest() ?? [])).toBe(peakOf(eager!.smallest() ?? []));
      }
    }
    expect(rows).toBeGreaterThan(100);
    expect(strips).toBeGreaterThan(100);
  });
});

it("a graph without nodes has one schedule, of no bytes", () => {
  expect(new Schedules([], 0).frontier()).toEqual([[]]);
});
