/** ONNX Max, Min, Sum and Mean of any number of operands: stacked along a new axis, over which they are reduced. */
import { Attributes } from "../import/attributes.js";
import { type Grid, gridQuantization, gridUnion, tensorGrid, typeFor } from "../import/grid.js";
import type { OnnxNode } from "../import/onnx.js";
import { equalQuantization } from "../import/quantize-rules.js";
import type { GraphReader, OnnxRule } from "../import/rules.js";
import { equalType } from "../import/values.js";
import type { RealClamp, Tensor } from "../ir/graph.js";
import type { Shape } from "../ir/types.js";
import type { AveragePool2dGraphAttributes } from "./average-pool2d/average-pool2d.onnx.js";
import { broadcastShape } from "./broadcast.js";
import { movedTo } from "./layout.js";
import type { MaxPool2dAttributes } from "./max-pool2d/max-pool2d.types.js";
import { reductionOver } from "./reduction.js";
import { expansion } from "./strided/select.js";
import { realConstant, realFunction } from "./table/real-function.js";

/** The tensors, repeated to one shape, each with a new first axis. */
function stacked(node: OnnxNode, reader: GraphReader, tensors: readonly Tensor[]): { layers: Tensor[]; shape: Shape } {
  const shape = tensors.reduce<Shape>(
    (full, { shape: own }) =>
      broadcastShape(full, own) ?? reader.refuse(node, `shapes [${full}] and [${own}] do not broadcast`),
    [],
  );
  const layers = tensors.map((tensor, i) => {
    const name = `${node.name}_${i}`;
    const whole = movedTo(reader, tensor, expansion(name, tensor.shape, shape));
    return reader.emit("reshape", name, whole, { shape: [1, ...shape] });
  });
  return { layers, shape };
}

/** Whether all operands are constants or functions of one value. */
function isFunction(node: OnnxNode, reader: GraphReader): boolean {
  const values = node.inputs.map((_, index) => reader.value(node, index)).filter((value) => !realConstant(value));
  const [first, ...others] = values.map((value) => realFunction(value)?.source);
  return first !== undefined && others.every((source) => source === first);
}

/** Max or Min: quantization is monotone, so each operand takes the result's first; numbers are bounds. */
export function readExtremum(kind: "max" | "min"): OnnxRule {
  return (node, reader) => {
    if (isFunction(node, reader)) return false; // table
    new Attributes(node, reader).done();
    let clamp: RealClamp = { min: -Infinity, max: Infinity };
    const tensors = node.inputs.flatMap((_, index) => {
      const constant = realConstant(reader.value(node, index));
      const [number, ...rest] = Array.from(constant?.values ?? []);
      if (number === undefined) return [reader.quantized(node, index)];
      if (rest.length > 0)
        return reader.refuse(
          node,
          "a constant of several values among more than two operands; use one of two operands",
        );
      clamp =
        kind === "max"
          ? { ...clamp, min: Math.max(clamp.min, number) }
          : { ...clamp, max: Math.min(clamp.max, number) };
      return [];
    });
    const { layers, shape } = stacked(node, reader, tensors);
    const { before, window, after } = reductionOver(node.name, [layers.length, ...shape], [0], false);
    const attributes: MaxPool2dAttributes = { ...window, ...(kind === "min" ? { least: true } : {}) };
    const moves = [...before, { op: "max-pool2d", name: node.name, attributes }, ...after];
    const common = { kind: "pending", op: "concat", name: node.name, attributes: { axis: 0 }, alikeFrom: 0 } as const;
    reader.define(node, { ...common, inputs: layers, clamp, shape, moves });
    return true;
  };
}

/** Sum or Mean: the operands as whole multiples of one unit, so that their sum is one of codes. */
export function readSums(kind: { readonly sum: true } | { readonly mean: true }): OnnxRule {
  return (node, reader) => {
    if ("sum" in kind && isFunction(node, reader)) return false; // table
    new Attributes(node, reader).done();
    const [first, ...others] = node.inputs.map((_, index) => reader.quantized(node, index)) as [Tensor, ...Tensor[]];
    const tensors = [first, ...others];
    if (tensors.some(({ data }) => data)) reader.refuse(node, "a constant among the operands; add it by Add");
    const alike = others.every(
      ({ type, quantization }) => equalType(type, first.type) && equalQuantization(quantization, first.quantization),
    );
    const { layers, shape } = stacked(node, reader, alike ? tensors : onOneGrid(node, reader, tensors));
    const stack = reader.emit("concat", `${node.name}_operands`, layers, { axis: 0 });
    const { before, window, after } = reductionOver(node.name, stack.shape, [0], false);
    const attributes: AveragePool2dGraphAttributes = { ...window, includePad: false, ...kind };
    const common = { kind: "pending", op: "average-pool2d", name: node.name, attributes } as const;
    const clamp = { min: -Infinity, max: Infinity };
    reader.define(node, { ...common, inputs: [movedTo(reader, stack, before)], clamp, shape, moves: after });
    return true;
  };
}

/** The same values as codes of one type and unit: exact, or the node is refused. */
function onOneGrid(node: OnnxNode, reader: GraphReader, tensors: readonly Tensor[]): Tensor[] {
  const grids = tensors.map(tensorGrid);
  const union = grids.reduce<Grid | undefined>((a, b) => a && b && gridUnion(a, b), grids[0]);
  const type = union && typeFor(union.lo, union.hi);
  if (!type || type.bits > 16) {
    return reader.refuse(
      node,
      "the operands' scales have no common unit of which 16 bits hold all values; use Add of two operands at a time, or one scale",
    );
  }
  const quantization = gridQuantization(union.scale);
  return tensors.map((tensor, i) =>
    reader.emit("table", `${node.name}_${i}_codes`, tensor, {}, { type, quantization }),
  );
}
