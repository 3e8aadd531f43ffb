/** The flow as one function per arrow: model bytes -> Graph -> IntegerGraph -> Plan. */

import { numericsByName } from "./arith/numerics.js";
import type { Diagnostic } from "./diagnostics.js";
import { fail } from "./diagnostics.js";
import { frontEndFor } from "./import/import-model.js";
import type { InputCodes } from "./import/onnx.js";
import type { Graph } from "./ir/graph.js";
import type { IntegerGraph } from "./ir/integer-graph.js";
import { verifyIntegerGraph } from "./ir/verify.js";
import { lower } from "./passes/lower.js";
import { graphPasses, integerPasses, type Optimisation } from "./passes/pipeline.js";
import { chooseForSpeed } from "./plan/choose-for-speed.js";
import { formsBetween } from "./plan/forms.js";
import { makePlan, type PlanOptions } from "./plan/make-plan.js";
import type { Plan } from "./plan/plan.js";

export interface CompileOptions {
  /** Name of the arithmetic family: exact, onnxruntime or tflite; by default tflite for .tflite files and exact for ONNX. */
  readonly numerics?: string | undefined;
  /** Name of the model, for reports and generated files. */
  readonly name?: string | undefined;
  /** Folder of the model file, where an ONNX model may have external data; without it such data are refused. */
  readonly folder?: string | undefined;
  /** Sizes of symbolic dimensions of an ONNX model's inputs, by name; the first dimension is 1 unless given. */
  readonly dims?: Readonly<Record<string, number>> | undefined;
  /** Types of float graph inputs that hold codes already, by name; the one named "" is for all others that the model does not quantize. */
  readonly inputs?: ReadonlyMap<string, InputCodes> | undefined;
  /** What the Plan is to reach. */
  readonly plan?: PlanOptions | undefined;
  /** `speed` (the default): algorithms that take the fewest instructions within the plan's RAM and flash; `size`: little of both. */
  readonly optimise?: Optimisation | undefined;
  /** Receives every intermediate form by stage name, for --print-after. */
  readonly onStage?: ((stage: string, form: Graph | IntegerGraph | Plan) => void) | undefined;
}

/** What `makePlan` and `planFrontier` take. */
export interface Planning {
  readonly graph: IntegerGraph;
  readonly wanted: PlanOptions;
}

export interface Compilation {
  readonly graph: Graph;
  /** By the algorithms of the plan. */
  readonly integerGraph: IntegerGraph;
  /** What the plan was chosen from. */
  readonly planning: Planning;
  readonly plan: Plan;
  /** What the user should know; never errors. */
  readonly notes: readonly Diagnostic[];
}

/** Compiles model bytes up to the Plan. Throws a QcError that lists every problem found. */
export function compile(bytes: Uint8Array, options: CompileOptions = {}): Compilation {
  const { name = "model", onStage } = options;
  const frontEnd = frontEndFor(bytes);
  const numerics = options.numerics ?? frontEnd.numerics;
  const family = numericsByName.get(numerics);
  if (!family) {
    fail("QC6001", `--numerics ${numerics} is unknown; expected ${[...numericsByName.keys()].join(", ")}.`);
  }
  let graph = frontEnd.read(bytes, name, options);
  onStage?.("import", graph);
  for (const pass of graphPasses) {
    graph = pass.run(graph);
    onStage?.(pass.name, graph);
  }
  const notes: Diagnostic[] = [...(graph.notes ?? [])];
  let integerGraph = lower(graph, family, notes);
  verifyIntegerGraph(integerGraph);
  onStage?.("lower", integerGraph);
  for (const pass of integerPasses) {
    integerGraph = pass.run(integerGraph);
    verifyIntegerGraph(integerGraph);
    onStage?.(pass.name, integerGraph);
  }
  const planning = planningOf(integerGraph, options);
  const plan = makePlan(planning.graph, planning.wanted);
  onStage?.("plan", plan);
  return { graph, integerGraph: plan.graph, planning, plan, notes };
}

/** A graph with what a plan may choose from: unless `size` is wished, algorithms of more flash too. */
export function planningOf(graph: IntegerGraph, { plan: wanted = {}, optimise, onStage }: CompileOptions): Planning {
  const { core, flashBytes } = wanted;
  if (!core || optimise === "size") return { graph, wanted };
  const pass = chooseForSpeed(core, flashBytes);
  const faster = pass.run(graph);
  if (faster === graph) return { graph, wanted };
  verifyIntegerGraph(faster);
  onStage?.(pass.name, faster);
  return { graph: faster, wanted: { ...wanted, forms: formsBetween(faster, graph, core) } };
}
