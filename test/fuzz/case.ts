/** One random graph through the compiler: refused with a code, or compiled, with what the interpreter says of random codes. */
import fc from "fast-check";
import { numericsByName } from "../../compiler/arith/numerics.js";
import { type Compilation, compile } from "../../compiler/compile.js";
import { exitCode, QcError } from "../../compiler/diagnostics.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { IntegerGraph } from "../../compiler/ir/index.js";
import { lower } from "../../compiler/passes/lower.js";
import { type CodeSet, setToBytes } from "../../compiler/verify/codes.js";
import type { Core } from "../../targets/core.js";
import { Random } from "../runtime-c/random.js";
import { inputSets } from "../runtime-c/run.js";
import { allFast, checkPlan, randomPlan, randomSetting } from "./planning.js";
import { type RandomGraph, type Recipe, randomGraph, recipes } from "./random-graph.js";
import { layer } from "./step-layers.js";

const inferences = 4;

export interface Compiled extends Compilation {
  readonly inputs: readonly CodeSet[];
  /** Whose kernels run on this machine. */
  readonly core: Core;
  /** The bytes of all outputs of all inferences. */
  readonly expected: Buffer;
}

export interface GraphCase extends RandomGraph {
  readonly seed: number;
}

/** A code of the catalogue that blames the model, with its message; everything else is thrown. */
export interface Refused {
  readonly refused: string;
}

/** The graph of a seed that has nothing but layers as networks have them. */
export function layersOf(seed: number): GraphCase {
  return { seed, ...randomGraph(recipeOf(seed), [layer]) };
}

/** The graph of a seed. */
export function caseOf(seed: number): GraphCase {
  return { seed, ...randomGraph(recipeOf(seed)) };
}

export function recipeOf(seed: number): Recipe {
  return fc.sample(recipes, { seed, numRuns: 1 })[0]!;
}

/** Runs `work`; the refusal when it fails as a model may make it fail. */
export function orRefused<T>(work: () => T): T | Refused {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof QcError) || error.exitCode !== exitCode.unsupported) throw error;
    const { code, message } = error.diagnostics[0]!;
    return { refused: `${code}: ${message}` };
  }
}

export const isRefused = (result: object): result is Refused => "refused" in result;

function bytesOf(graph: IntegerGraph, inputs: readonly CodeSet[]): Buffer {
  return Buffer.concat(inputs.map((set) => setToBytes(outputsOf(graph, set), graph.outputs)));
}

/**
 * Compiles and interprets a graph, with a random plan. Throws when the plan, or, unless `passes` is false, a pass changes what
 * is computed.
 */
export function compiled({ bytes, numerics, planning }: RandomGraph, passes = true): Compiled | Refused {
  return orRefused(() => {
    const { integerGraph: plain, ...compilation } = compile(bytes, { numerics });
    const setting = randomSetting(planning);
    const integerGraph = setting.fast ? allFast(plain) : plain;
    const plan = randomPlan(integerGraph, planning);
    const inputs = inputSets(integerGraph, new Random(11), inferences);
    const expected = bytesOf(integerGraph, inputs);
    checkPlan(plan, inputs[0]!, expected);
    const result = { ...compilation, integerGraph, plan, inputs, expected, core: setting.core };
    if (!passes) return result;
    const unpassed = lower(importModel(bytes, "model"), numericsByName.get(numerics)!);
    if (!bytesOf(unpassed, inputs).equals(expected)) throw new Error("the passes change the outputs");
    return result;
  });
}
