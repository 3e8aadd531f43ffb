export * from "./realise.js";
export * from "./realise-high.js";
export * from "./realise-high-word.js";
export * from "./requantization.js";
export * from "./requantize-layer.js";
export * from "./staircase.js";
