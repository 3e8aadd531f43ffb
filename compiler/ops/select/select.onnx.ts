/** ONNX Where and com.microsoft QLinearWhere. Sources: ONNX operator specification; onnxruntime docs/ContribOperators.md. */
import { Attributes } from "../../import/attributes.js";
import { constantOutput } from "../../import/constant-output.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { broadcastShape } from "../broadcast.js";
import { movedTo } from "../layout.js";
import { expansion } from "../strided/select.js";
import { realConstant, realFunction } from "../table/real-function.js";
import type { SelectGraphAttributes } from "./select.types.js";

/** One real value for all elements, or a tensor. */
type Choice = { readonly value: number } | { readonly tensor: Tensor };

/** The choice of operands that broadcast to one shape; constants of several values are stored as tensors. */
function choice(node: OnnxNode, reader: GraphReader, condition: Tensor, a: Choice, b: Choice): Pending {
  new Attributes(node, reader).done();
  const operands = [{ tensor: condition }, a, b].flatMap((operand) => ("tensor" in operand ? [operand.tensor] : []));
  const shape = operands.reduce<readonly number[]>(
    (full, { shape: own }) =>
      broadcastShape(full, own) ?? reader.refuse(node, `shapes [${full}] and [${own}] do not broadcast`),
    [],
  );
  const activation = operands.find(({ data }) => !data);
  const inputs = operands.map((operand, i) => {
    const place = `${node.name}_${i}`;
    const tensor = operand.data ? constantOutput(reader, activation, place, operand) : operand;
    if (!tensor) return reader.refuse(node, "all operands are constants");
    return movedTo(reader, tensor, expansion(place, tensor.shape, shape));
  });
  const attributes: SelectGraphAttributes = { ...numberAs("a", a), ...numberAs("b", b) };
  const common = { kind: "pending", op: "select", name: node.name, clamp: noClamp, moves: [] } as const;
  return { ...common, inputs, attributes, alikeFrom: 1, shape };
}

const numberAs = (name: "a" | "b", operand: Choice) => ("value" in operand ? { [name]: operand.value } : {});

/** The operand as one number where it is a constant of one, else as a tensor. */
function choiceAt(node: OnnxNode, reader: GraphReader, index: number): Choice {
  const constant = realConstant(reader.value(node, index));
  const [first, ...rest] = constant?.values ? Array.from(constant.values) : [];
  if (first !== undefined && constant!.shape.every((dim) => dim === 1) && rest.length === 0) return { value: first };
  return { tensor: reader.quantized(node, index) };
}

/** A choice between numbers, constants along one axis, and functions of the one value that the condition is a function of: a table. */
function isFunction(node: OnnxNode, reader: GraphReader): boolean {
  const values = [0, 1, 2].map((index) => reader.value(node, index));
  const constants = values.flatMap((value) => realConstant(value) ?? []);
  const sources = values.flatMap((value) => (realConstant(value) ? [] : [realFunction(value)?.source]));
  const longAxes = constants.flatMap(({ shape }) => shape.flatMap((dim, i) => (dim > 1 ? [shape.length - i] : [])));
  const simple = constants.every(({ values: own }) => Array.from(own).every(Number.isFinite));
  const alike = sources[0] !== undefined && sources.every((source) => source === sources[0]);
  return simple && alike && new Set(longAxes).size <= 1;
}

export const readWhere: OnnxRule = (node, reader) => {
  if (isFunction(node, reader)) return false; // table
  const condition = reader.quantized(node, 0);
  reader.define(node, choice(node, reader, condition, choiceAt(node, reader, 1), choiceAt(node, reader, 2)));
  return true;
};

/** condition, X, X_scale, X_zero_point, Y, Y_scale, Y_zero_point, Z_scale, Z_zero_point */
export const readQLinearWhere: OnnxRule = (node, reader) => {
  const [a, b] = [qlinearOperand(reader, node, 1), qlinearOperand(reader, node, 4)];
  return qlinearResult(reader, node, choice(node, reader, reader.quantized(node, 0), { tensor: a }, { tensor: b }), 7);
};
