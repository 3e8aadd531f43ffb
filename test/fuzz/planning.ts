/** A random schedule for a random graph, checked on memory whose bytes know their owner. */
import { QcError } from "../../compiler/diagnostics.js";
import { runPlan } from "../../compiler/interpreter/run-plan.js";
import type { IntegerGraph, IntegerNode } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import { stripsOf, wholeNodes } from "../../compiler/plan/candidates.js";
import { inputPlaces } from "../../compiler/plan/input-places.js";
import { makePlan, type PlanOptions, planOf } from "../../compiler/plan/make-plan.js";
import { type Plan, streamsInput } from "../../compiler/plan/plan.js";
import { type CodeSet, setToBytes } from "../../compiler/verify/codes.js";
import type { Core } from "../../targets/core.js";
import { core } from "../runtime-c/run.js";
import { Choices } from "./choices.js";

/** How many numbers a plan is chosen by. */
export const planningChoices = 7;

/** Cores whose kernels run on this machine, emulated where they are not portable C; costs would choose others for small layers. */
const emulated = ["host", "cortex-m4", "cortex-m4", "cortex-m55", "rv32imc", "cortex-m0plus"].map((name): Core => {
  const { costs: _, ...rest } = core(name);
  return rest;
});

/** What a graph runs by: the core whose kernels the host runs, and whether nodes take the algorithms that need more flash. */
export function randomSetting(numbers: readonly number[]): { readonly core: Core; readonly fast: boolean } {
  const choices = new Choices(numbers.slice(5));
  return { core: choices.pick(emulated), fast: choices.chance(0.7) };
}

/** The graph with the other algorithms that homes offer, wherever they pay; each node goes without one of them, or takes all, in turn. */
export function allFast(graph: IntegerGraph): IntegerGraph {
  const made = ["cortex-m4", "rv32imc"].map(core);
  const faster = (node: IntegerNode, index: number) => {
    const offers = made.flatMap((target) => opHomes.get(node.op)!.forSpeed?.(node, target) ?? []);
    return offers.filter((_, i) => i !== index % (offers.length + 1)).map(({ attributes }) => attributes);
  };
  const nodes = graph.nodes.map((node, i) => ({
    ...node,
    attributes: Object.assign({}, node.attributes, ...faster(node, i)),
  }));
  return { ...graph, nodes };
}

/** The plan that these choices make: the fastest, the smallest, or the fastest in some RAM between; with the input elsewhere, or in strips, where it can be. */
export function randomPlan(graph: IntegerGraph, numbers: readonly number[]): Plan {
  const choices = new Choices(numbers);
  const goal = choices.pick(["fastest", "smallest", "smallest", "between"]);
  const wanted: PlanOptions = choices.pick([
    {},
    { streamInput: true },
    { externalInput: true },
    { externalInput: true, maxRecompute: choices.integer(1, 200) },
  ]);
  const options = planned(graph, wanted) ? wanted : {};
  if (!options.streamInput) {
    const strips = choices.chance(0.3) ? stripPlan(graph, options, choices) : undefined;
    if (strips) return strips;
  }
  const smallest = () => makePlan(graph, { ...options, optimize: "memory" });
  if (goal === "smallest") return smallest();
  const fastest = makePlan(graph, options);
  if (goal === "fastest") return fastest;
  const sramBytes = choices.integer(smallest().arenaBytes, fastest.arenaBytes);
  const plan = makePlan(graph, { ...options, sramBytes });
  if (plan.arenaBytes > sramBytes) throw new Error(`${plan.arenaBytes} bytes where ${sramBytes} suffice`);
  return plan;
}

/** Random strips, which the smallest plan seldom has, between whole tensors; nothing where there are none. */
function stripPlan(graph: IntegerGraph, options: PlanOptions, choices: Choices): Plan | undefined {
  const places = inputPlaces(graph, options);
  const found = stripsOf(graph, places, undefined, Infinity);
  if (found.length === 0) return undefined;
  const strips = choices.pick(found);
  const alone = wholeNodes(graph, places);
  return planOf(graph, [...alone.slice(0, strips.first), strips, ...alone.slice(strips.end)], places);
}

/** A plan, or nothing where these options are refused. */
function planned(graph: IntegerGraph, options: PlanOptions): Plan | undefined {
  try {
    return makePlan(graph, options);
  } catch (error) {
    if (error instanceof QcError && error.diagnostics[0]!.code === "QC6001") return undefined;
    throw error;
  }
}

/** Throws where the plan, byte by byte in its arena, does not give these outputs. */
export function checkPlan(plan: Plan, inputs: CodeSet, expected: Uint8Array): void {
  const bytes = setToBytes(runPlan(plan, inputs), plan.graph.outputs);
  if (Buffer.compare(bytes, expected.subarray(0, bytes.length)) !== 0) throw new Error("the plan changes the outputs");
}

/** How a plan runs. */
export function scheduleName(plan: Plan): string {
  if (streamsInput(plan)) return "input by rows";
  if (plan.steps.some((step) => step.kind === "rows" && step.strips)) return "strips";
  if (plan.external.size > 0) return "input outside";
  return plan.steps.some(({ kind }) => kind === "rows") ? "rows" : "whole tensors";
}
