/** A Plan to the files of its target. */
import type { Plan } from "../compiler/plan/plan.js";
import { emitC } from "./c/emit.js";
import { isCore, type Target } from "./core.js";
import type { Solver } from "./solver.js";
import { emitVerilog } from "./verilog/emit.js";

/**
 * All files of a generated folder by relative path; `name` prefixes files and identifiers. `solve` is the target's solver
 * for this graph (`solverFor`), where the caller has it already.
 */
export function emitProject(plan: Plan, target: Target, name: string, solve?: Solver): ReadonlyMap<string, string> {
  return isCore(target) ? emitC(plan, target, { name, solve }) : emitVerilog(plan.graph, { name });
}
