/** Whether a target can take a plan: every refusal of its back end and of its memory, without writing anything. */
import { type Diagnostic, QcError } from "../compiler/diagnostics.js";
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../compiler/ir/integer-graph.js";
import { checkFit, type MemoryLimits } from "../compiler/plan/fit.js";
import { makePlan } from "../compiler/plan/make-plan.js";
import type { Plan } from "../compiler/plan/plan.js";
import type { Target } from "./core.js";
import { emitProject } from "./emit.js";

/** All problems, for the target's RAM unless given; those of the back end first; empty when the target takes the plan and has room for it. */
export function targetProblems(plan: Plan, target: Target, limits: MemoryLimits = {}): Diagnostic[] {
  return [
    ...emitProblems(plan, target),
    ...problemsOf(() => checkFit(plan, target, { ...limits, flashBytes: Infinity })),
    ...problemsOf(() => checkFit(plan, target, { sramBytes: Infinity })),
  ];
}

/** A back end stops at the first node it refuses, so each node is then tried alone. */
function emitProblems(plan: Plan, target: Target): Diagnostic[] {
  const first = problemsOf(() => emitProject(plan, target, "model"));
  if (first.length === 0) return [];
  const each = plan.graph.nodes.flatMap((node) =>
    problemsOf(() => emitProject(makePlan(alone(node, plan.graph)), target, "model")),
  );
  const found = new Map([...each, ...first].map((problem) => [`${problem.where}\n${problem.message}`, problem]));
  return [...found.values()];
}

/** The graph of one node. */
function alone(node: IntegerNode, { name, numerics }: IntegerGraph): IntegerGraph {
  const copies = new Map<IntegerTensor, IntegerTensor>();
  for (const tensor of [...node.inputs, node.output]) {
    if (!copies.has(tensor)) copies.set(tensor, { ...tensor, id: copies.size });
  }
  const inputs = node.inputs.map((tensor) => copies.get(tensor)!);
  const output = copies.get(node.output)!;
  return {
    name,
    numerics,
    inputs: [...new Set(inputs)],
    outputs: [output],
    tensors: [...copies.values()],
    nodes: [{ ...node, inputs, output }],
  };
}

function problemsOf(attempt: () => unknown): readonly Diagnostic[] {
  try {
    attempt();
    return [];
  } catch (error) {
    if (error instanceof QcError) return error.diagnostics;
    throw error;
  }
}
