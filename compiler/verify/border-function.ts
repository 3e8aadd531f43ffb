/** What the host computes of a float graph input before it quantizes. */
import { dependsOnChannel, ofChannel } from "../arith/expression.js";
import { evaluateFloat32 } from "../arith/expression-float32.js";
import type { Tensor } from "../ir/graph.js";

/** The input's border function of element `index` in float32; constants per channel follow the last axis. */
export function borderFunction({ border = "x", shape }: Tensor): (value: number, index: number) => number {
  if (!dependsOnChannel(border)) return (value) => evaluateFloat32(border, Math.fround(value));
  const functions = Array.from({ length: shape.at(-1)! }, (_, channel) => ofChannel(border, channel));
  return (value, index) => evaluateFloat32(functions[index % functions.length]!, Math.fround(value));
}
