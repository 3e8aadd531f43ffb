/** The passes on the Graph and on the IntegerGraph, in order. */
import type { Graph } from "../ir/graph.js";
import type { IntegerGraph } from "../ir/integer-graph.js";
import { chooseForSpeed } from "./choose-for-speed.js";
import { foldPads } from "./fold-pads.js";
import { foldTransposes } from "./fold-transposes.js";
import type { Pass } from "./pass.js";
import { removeConstantChannels } from "./remove-constant-channels.js";
import { removeDeadNodes } from "./remove-dead-nodes.js";

export const graphPasses: readonly Pass<Graph>[] = [foldTransposes, foldPads, removeDeadNodes];

/** What a compile prefers: little flash and scratch, or few instructions. */
export const optimisations = ["size", "speed"] as const;
export type Optimisation = (typeof optimisations)[number];

export const integerPasses: readonly Pass<IntegerGraph>[] = [removeConstantChannels];

/** The passes on the IntegerGraph for one preference. */
export function integerPassesFor(optimise: Optimisation): readonly Pass<IntegerGraph>[] {
  return optimise === "speed" ? [...integerPasses, chooseForSpeed] : integerPasses;
}
