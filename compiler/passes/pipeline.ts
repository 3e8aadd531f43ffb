/** The passes on the Graph and on the IntegerGraph, in order. */
import type { Graph } from "../ir/graph.js";
import type { IntegerGraph } from "../ir/integer-graph.js";
import { foldPads } from "./fold-pads.js";
import { foldTransposes } from "./fold-transposes.js";
import type { Pass } from "./pass.js";
import { removeConstantChannels } from "./remove-constant-channels.js";
import { removeDeadNodes } from "./remove-dead-nodes.js";

export const graphPasses: readonly Pass<Graph>[] = [foldTransposes, foldPads, removeDeadNodes];

export const integerPasses: readonly Pass<IntegerGraph>[] = [removeConstantChannels];
