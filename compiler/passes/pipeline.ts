/** The passes on the Graph and on the IntegerGraph, in order. */
import type { Graph } from "../ir/graph.js";
import type { IntegerGraph } from "../ir/integer-graph.js";
import { foldPads } from "./fold-pads.js";
import { foldTransposes } from "./fold-transposes.js";
import type { Pass } from "./pass.js";
import { removeConstantChannels } from "./remove-constant-channels.js";
import { removeDeadNodes } from "./remove-dead-nodes.js";

export const graphPasses: readonly Pass<Graph>[] = [foldTransposes, foldPads, removeDeadNodes];

/** What a compile prefers: few instructions, or little flash and scratch. */
export const optimisations = ["speed", "size"] as const;
export type Optimisation = (typeof optimisations)[number];

export const integerPasses: readonly Pass<IntegerGraph>[] = [removeConstantChannels];
