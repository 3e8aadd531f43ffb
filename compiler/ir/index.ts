export * from "./graph.js";
export * from "./integer-graph.js";
export * from "./types.js";
