/** Constants in several memories: the ones read most often in the fastest, and copies ahead of use of those in the slowest. */
import { fail } from "../../compiler/diagnostics.js";
import { opHomes } from "../../compiler/ops/index.js";
import { placeFetches } from "../../compiler/plan/fetches.js";
import type { Plan, Step } from "../../compiler/plan/plan.js";
import type { Core } from "../core.js";
import type { ConstantArray } from "./constants.js";
import { constantsOf, type EmitOptions } from "./emit.js";

/** A memory for constants, named by its section in the linker script. */
export interface WeightSection {
  readonly name: string;
  /** No limit unless given. */
  readonly bytes?: number | undefined;
}

export interface WeightOptions {
  /** From the fastest to the slowest. */
  readonly sections: readonly WeightSection[];
  /** Copy what lies in the last section into the arena, a step ahead of its use. */
  readonly fetch: boolean;
}

/**
 * The plan with a section for every constant array: arrays that are read most often per byte come first, each in the first
 * section with room for it. Throws QC4002 where the sections are too small together.
 */
export function placeWeights(plan: Plan, core: Core, options: WeightOptions, emit: EmitOptions = {}): Plan {
  const arrays = constantsOf(plan, core, emit);
  const intensity = intensities(plan, arrays);
  const sections = new Map<string, string>();
  const left = options.sections.map(({ bytes }) => bytes ?? Infinity);
  for (const array of [...arrays].sort((a, b) => intensity.get(b)! - intensity.get(a)!)) {
    const size = Math.ceil(array.bytes / 8) * 8;
    const at = left.findIndex((bytes) => bytes >= size);
    if (at < 0) refuse(options.sections, arrays);
    left[at]! -= size;
    sections.set(array.name, options.sections[at]!.name);
  }
  const slowest = options.sections.at(-1)!.name;
  const fetched = options.fetch ? arrays.filter(({ name }) => sections.get(name) === slowest) : [];
  const requests = plan.steps.flatMap((_, step) => {
    const read = fetched.filter(({ steps }) => steps.has(step));
    return read.length > 0 ? [{ step, arrays: read }] : [];
  });
  return placeFetches({ ...plan, weights: { sections, fetches: new Map() } }, requests);
}

/** Multiply-accumulates of the steps that read an array, per byte that those steps read. */
function intensities(plan: Plan, arrays: readonly ConstantArray[]): Map<ConstantArray, number> {
  const perByte = plan.steps.map((step, index) => {
    const bytes = arrays.reduce((sum, array) => sum + (array.steps.has(index) ? array.bytes : 0), 0);
    return macsOf(plan, step) / Math.max(bytes, 1);
  });
  return new Map(
    arrays.map((array) => [array, [...array.steps].reduce((sum, step) => sum + perByte[step]!, 0)] as const),
  );
}

function macsOf({ graph }: Plan, step: Step): number {
  const nodes = step.kind === "node" ? [step.node] : step.nodes;
  return nodes.map((node) => graph.nodes[node]!).reduce((sum, node) => sum + opHomes.get(node.op)!.macs(node), 0);
}

function refuse(sections: readonly WeightSection[], arrays: readonly ConstantArray[]): never {
  const needed = arrays.reduce((sum, { bytes }) => sum + bytes, 0);
  const given = sections.map(({ name, bytes }) => `${name}=${bytes ?? "any"}`).join(", ");
  return fail(
    "QC4002",
    `the constants take ${needed} bytes in ${arrays.length} arrays, which do not fit into ${given}. Add a section, or leave the last one without a limit.`,
  );
}
