/** The passes on the Graph, in order. */
import type { Graph } from "../ir/graph.js";
import { foldTransposes } from "./fold-transposes.js";
import type { Pass } from "./pass.js";
import { removeDeadNodes } from "./remove-dead-nodes.js";

export const graphPasses: readonly Pass<Graph>[] = [foldTransposes, removeDeadNodes];
