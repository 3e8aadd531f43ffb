/** The drawings in README.md: what the shipped model's RAM holds, and what less of it costs, on Cortex-M4. */
import { readFileSync } from "node:fs";
import { planOptions } from "../../compiler/cli/memory-options.js";
import { compile } from "../../compiler/compile.js";
import { planFrontier } from "../../compiler/plan/make-plan.js";
import { frontierSvg } from "../../compiler/report/frontier.js";
import { memoryMapSvg } from "../../compiler/report/memory-map-svg.js";
import { findTarget } from "../../targets/index.js";

/** Drawings by path: the smallest plan, and the frontier of the algorithms that are chosen for speed. */
export function drawExample(modelPath: string): Record<string, string> {
  const model = readFileSync(modelPath);
  const target = findTarget("cortex-m4");
  const compileFor = (optimize: "memory" | "speed") =>
    compile(model, { name: "fashion-mnist", plan: planOptions({ optimize }, target) });
  const { planning } = compileFor("speed");
  return {
    "docs/memory-map.svg": memoryMapSvg(compileFor("memory").plan),
    "docs/frontier.svg": frontierSvg(planFrontier(planning.graph, planning.wanted)),
  };
}
