/** Constant folding: what a node computes from constants, or from nothing but shapes. */
import type { Shape } from "../../ir/types.js";
import type { OnnxNode, OnnxTensor } from "../onnx.js";
import { folds as arrangements } from "./arrangements.js";
import { folds as casts } from "./casts.js";
import { folds as elementwise } from "./elementwise.js";
import { type Fold, type Folded, Operands } from "./operands.js";
import { folds as reductions } from "./reductions.js";
import { folds as selections } from "./selections.js";
import { shapeFolds, folds as shapes } from "./shapes.js";
import { folds as views } from "./views.js";

/** Operators of the standard domain that are computed at compile time. What quantizes keeps its codes and is not among them. */
const folds: ReadonlyMap<string, Fold> = new Map(
  [shapes, views, selections, arrangements, elementwise, casts, reductions].flatMap(Object.entries<Fold>),
);

const ofShapes = new Map(Object.entries(shapeFolds));

/** Operators whose results are elements of their first input, wherever they go. */
const movements: ReadonlySet<string> = new Set(
  [...Object.keys({ ...views, ...selections }), "Transpose"].filter((name) => name !== "Pad"),
);

/** Whether the results of a node hold nothing but elements of its first input, so that codes may move in place of their values. */
export function movesElements({ domain, opType }: OnnxNode): boolean {
  return domain === "" && movements.has(opType);
}

/** Elements that the folded nodes of one graph may have together. */
export const foldLimit = 2 ** 26;

/**
 * The results of a node whose inputs are constants, in the order of its outputs; undefined when it is not foldable.
 * An absent optional input is undefined. Integers wrap, floats are rounded to their type once per node. Throws QC2002
 * for inputs that the operator does not take, and for results of more than `limit` elements.
 */
export function foldNode(
  node: OnnxNode,
  inputs: readonly (OnnxTensor | undefined)[],
  limit = foldLimit,
): readonly OnnxTensor[] | undefined {
  const shape = inputs[0] && foldShape(node, inputs[0].dims);
  if (shape) return shape;
  const fold = node.domain === "" ? folds.get(node.opType) : undefined;
  return fold && named(node, fold(new Operands(node, inputs, limit)));
}

/** The result of a node that sees nothing but the shape of its input (Shape, Size); undefined for any other. */
export function foldShape(node: OnnxNode, shape: Shape): readonly OnnxTensor[] | undefined {
  const fold = node.domain === "" ? ofShapes.get(node.opType) : undefined;
  return fold && named(node, [fold(new Operands(node, [], foldLimit), shape)]);
}

function named(node: OnnxNode, results: readonly Folded[]): readonly OnnxTensor[] {
  return results.map((result, index) => ({ ...result, name: node.outputs[index] ?? node.name }));
}
