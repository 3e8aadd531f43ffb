/** Generated C that passes rows: the interpreter's bytes on this machine, under sanitizers, and on emulated cores. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { candidatesOf } from "../../compiler/plan/candidates.js";
import { resident } from "../../compiler/plan/input-places.js";
import { makePlan, planOf } from "../../compiler/plan/make-plan.js";
import type { Plan } from "../../compiler/plan/plan.js";
import { Schedules } from "../../compiler/plan/schedule.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { verifyTarget } from "../../compiler/verify/verify.js";
import { emitC } from "../../targets/c/emit.js";
import { findTarget } from "../../targets/index.js";
import { rowNetwork } from "../plan/row-network.js";
import { core } from "../runtime-c/run.js";

const compilation = compile(rowNetwork().bytes());
const { integerGraph: graph } = compilation;
const vectors = seededSets(graph.inputs, 3, 7);
const expected = vectors.map((codes) => outputsOf(graph, codes));

const verdictOf = (plan: Plan, target: string) =>
  verifyTarget({ ...compilation, plan }, findTarget(target), vectors, expected, { seed: 1 });

const points = new Schedules(candidatesOf(graph, resident), graph.nodes.length).frontier();
const smallest = planOf(graph, points.at(-1)!, resident);
const middle = planOf(graph, points[Math.floor(points.length / 2)]!, resident);
const streamed = makePlan(graph, { optimize: "memory", streamInput: true });

describe("row groups", () => {
  it.each([
    ["the smallest plan on this machine", smallest, "host"],
    ["a plan between on this machine", middle, "host"],
    ["the smallest plan on Cortex-M4", smallest, "cortex-m4"],
    ["the smallest plan on rv32imc", smallest, "rv32imc"],
    ["rows handed over, on this machine", streamed, "host"],
    ["rows handed over, on Cortex-M4", streamed, "cortex-m4"],
  ] as const)(
    "%s",
    async (_, plan, target) => {
      const { equal, measured } = await verdictOf(plan, target);
      expect(equal).toBe(true);
      const { stackBytes, stackBound } = measured;
      // The loop that hands over rows is not the model's.
      if (stackBound) {
        expect(stackBound.unknown).toEqual([]);
        expect(stackBytes).toBeLessThanOrEqual(stackBound.bytes);
      }
    },
    300_000,
  );

  it("rows that do not move are noticed", async () => {
    const edit = (files: Map<string, string>) =>
      files.set("model.c", files.get("model.c")!.replaceAll(/ slide\((.*), (\d+), (\d+)\);/g, " slide($1, $2, 0);"));
    const options = { seed: 1, edit };
    const verdict = await verifyTarget(
      { ...compilation, plan: smallest },
      findTarget("host"),
      vectors,
      expected,
      options,
    );
    expect(verdict.equal).toBe(false);
  }, 300_000);

  it("stores weights once for all kinds of rows", () => {
    const arrays = (plan: Plan) =>
      emitC(plan, core("cortex-m4"))
        .get("model_weights.h")!
        .match(/_weights\w*\[/g);
    expect(arrays(smallest)).toEqual(arrays(compilation.plan));
  });
});
