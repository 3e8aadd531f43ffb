/** `qcompile plan`: the steps of a model and who lies where in RAM when, or what every amount of RAM costs. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { findTarget } from "../../targets/index.js";
import { fail } from "../diagnostics.js";
import { type PlanOptions, planFrontier } from "../plan/make-plan.js";
import type { Plan } from "../plan/plan.js";
import { frontierJson, frontierSvg, frontierText } from "../report/frontier.js";
import { memoryMapSvg } from "../report/memory-drawing.js";
import { memoryMapJson, memoryMapText } from "../report/memory-map.js";
import { type MemoryOptions, planOptions, withMemoryOptions, withWeights } from "./memory-options.js";
import { compileFile, type ModelOptions, printJson, withModelOptions } from "./options.js";

interface Options extends ModelOptions, MemoryOptions {
  readonly target: string;
  readonly pareto?: boolean;
  readonly svg?: string;
}

/** Percent of operations done again, of the frontier with an external input, unless given. */
const mostRecompute = 100;

/** Adds `plan` to the program. */
export function addPlan(program: Command): void {
  withMemoryOptions(
    withModelOptions(
      program
        .command("plan")
        .description("show a model's steps and its memory over time, or with --pareto what every amount of RAM costs")
        .argument("<model>", "ONNX or .tflite file")
        .option("-t, --target <name>", "target whose RAM is available", "host")
        .option("--pareto", "list every schedule between the fastest and the smallest")
        .option("--svg <file>", "also draw it"),
    ),
  ).action((model: string, options: Options) => {
    const target = findTarget(options.target);
    if (options.pareto && options.weights)
      fail("QC6001", "--pareto lists schedules, whatever --weights says; leave one out.");
    const wanted = planOptions(options, target);
    const { plan } = withWeights(compileFile(model, options, wanted), options, target);
    if (options.pareto) showFrontier(plan, wanted, options);
    else show(plan, options);
  });
}

function show(plan: Plan, { svg, json }: Options): void {
  if (svg !== undefined) write(svg, memoryMapSvg(plan));
  if (json) printJson(memoryMapJson(plan));
  else process.stdout.write(memoryMapText(plan));
}

function showFrontier({ graph }: Plan, wanted: PlanOptions, { svg, json }: Options): void {
  const { externalInput, maxRecompute = externalInput ? mostRecompute : 0 } = wanted;
  const plans = planFrontier(graph, { ...wanted, maxRecompute });
  if (svg !== undefined) write(svg, frontierSvg(plans));
  if (json) printJson(frontierJson(plans));
  else process.stdout.write(frontierText(plans));
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    fail("QC6002", `cannot be written: ${(error as Error).message}`, path);
  }
}
