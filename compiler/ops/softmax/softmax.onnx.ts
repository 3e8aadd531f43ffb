/** ONNX Softmax and QLinearSoftmax. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, Move, OnnxRule, Pending } from "../../import/rules.js";
import { exactQuantization, fineQuantization } from "../../import/unquantized.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { elementCount, type Shape } from "../../ir/types.js";
import { axisOf } from "../axis.js";
import { movedTo } from "../layout.js";
import { inversePermutation } from "../order.js";

/** Movements that bring the classes of every distribution last, and back. */
interface Arrangement {
  readonly before: readonly Move[];
  readonly after: readonly Move[];
}

/** Since opset 13 one axis holds the classes; before, all axes from it on did, side by side. */
function arrangement(name: string, shape: Shape, axis: number, flattened: boolean): Arrangement {
  if (axis === shape.length - 1) return { before: [], after: [] };
  if (flattened) {
    const reshape = (to: Shape): Move => ({ op: "reshape", name, attributes: { shape: to } });
    return { before: [reshape([...shape.slice(0, axis), elementCount(shape.slice(axis))])], after: [reshape(shape)] };
  }
  const axes = shape.map((_, own) => own);
  const permutation = [...axes.filter((own) => own !== axis), axis];
  const transpose = (order: readonly number[]): Move => ({ op: "transpose", name, attributes: { permutation: order } });
  return { before: [transpose(permutation)], after: [transpose(inversePermutation(permutation))] };
}

/** More would not fit quotientHalfEven at any scale that 8-bit results have. */
export const mostClasses = 4096;

/** Steps in which scores are held that nothing quantizes: a probability is off by 2^-17 of itself at most. */
const scoreStep = 2 ** -16;

/** The operand: a function of 8-bit codes that nothing quantizes (such as a bias of floats) in small steps. */
export function classScores(node: OnnxNode, reader: GraphReader): Tensor {
  const value = reader.value(node, 0);
  const fine =
    value?.kind === "pending" && !exactQuantization(value, 32) ? fineQuantization(value, scoreStep) : undefined;
  if (value?.kind !== "pending" || !fine) return reader.quantized(node, 0, 32);
  return reader.quantize(`${node.name}_scores`, value, fine.type, fine.quantization);
}

/** An operation on the rows of classes of a node. */
export function onClasses(
  node: OnnxNode,
  reader: GraphReader,
  x: Tensor,
  attributes: Attributes,
  opset: number,
  operation: Pick<Pending, "op" | "attributes">,
): Pending {
  const given = attributes.integer("axis", opset < 13 ? 1 : -1);
  attributes.done();
  const axis = axisOf(given, x.shape.length) ?? reader.refuse(node, `axis ${given} of an input of shape [${x.shape}]`);
  const { before, after } = arrangement(node.name, x.shape, axis, opset < 13);
  const input = movedTo(reader, x, before);
  const classes = input.shape.at(-1)!;
  if (classes > mostClasses) reader.refuse(node, `${classes} classes; at most ${mostClasses} are supported`);
  const common = { kind: "pending", name: node.name, inputs: [input], clamp: noClamp } as const;
  return { ...common, ...operation, shape: x.shape, moves: after };
}

const operation = { op: "softmax", attributes: {} };

export const readSoftmax: OnnxRule = (node, reader) => {
  const x = classScores(node, reader);
  if (x.type.bits > 8) return false; // wide-softmax
  reader.define(node, onClasses(node, reader, x, new Attributes(node, reader), reader.opset, operation));
  return true;
};

/** com.microsoft QLinearSoftmax: X, X_scale, X_zero_point, Y_scale, Y_zero_point; its own `opset` attribute. */
export const readQLinearSoftmax: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const opset = attributes.integer("opset", 13);
  const x = qlinearOperand(reader, node, 0);
  return qlinearResult(reader, node, onClasses(node, reader, x, attributes, opset, operation), 3);
};
