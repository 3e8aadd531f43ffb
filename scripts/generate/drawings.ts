/** The drawings in README.md: what the shipped model's RAM holds, and what less of it costs, on Cortex-M4. */
import { readFileSync } from "node:fs";
import { planOptions } from "../../compiler/cli/memory-options.js";
import { compile } from "../../compiler/compile.js";
import { planFrontier } from "../../compiler/plan/make-plan.js";
import { frontierSvg } from "../../compiler/report/frontier.js";
import { memoryMapSvg } from "../../compiler/report/memory-drawing.js";
import { findTarget } from "../../targets/index.js";

/** Drawings by path: the smallest plan, and every plan from the fastest to it. */
export function drawExample(modelPath: string): Record<string, string> {
  const model = readFileSync(modelPath);
  const target = findTarget("cortex-m4");
  const planFor = (optimize: "memory" | "speed") => {
    const wanted = planOptions({ optimize }, target);
    return { wanted, plan: compile(model, { name: "fashion-mnist", plan: wanted }).plan };
  };
  const fast = planFor("speed");
  return {
    "docs/memory-map.svg": memoryMapSvg(planFor("memory").plan),
    "docs/frontier.svg": frontierSvg(planFrontier(fast.plan.graph, fast.wanted)),
  };
}
