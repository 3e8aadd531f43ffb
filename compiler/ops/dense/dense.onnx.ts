/** ONNX Gemm, MatMul, QLinearMatMul and QGemm with constant weights, and the Add that carries a MatMul's bias. Source: ONNX operator specification. */
import type { Expression, FunctionName } from "../../arith/expression.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { integerOperand, qlinearBias, qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, Move, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { readBias } from "../bias.onnx.js";
import { movedTo } from "../layout.js";
import { realConstant } from "../table/real-function.js";
import { readMatMulNBits } from "./matmul-nbits.onnx.js";

/** Real-valued form: inputs are x [.., I], weights [O, I] or (transposed: false) [I, O], and an optional bias [O]. */
export interface DenseGraphAttributes {
  /** True when the weights are stored [outputs, inputs]. */
  readonly transposed: boolean;
  /** True when the bias has another scale than the products by design, which only the standard defines. */
  readonly ownBias?: boolean;
}

function product(name: string, inputs: readonly Tensor[], transposed: boolean): Pending {
  const [x, weights] = inputs as [Tensor, Tensor];
  const outputs = weights.shape[transposed ? 0 : 1]!;
  return {
    kind: "pending",
    op: "dense",
    name,
    inputs,
    attributes: { transposed } satisfies DenseGraphAttributes,
    clamp: noClamp,
    shape: [...x.shape.slice(0, -1), outputs],
    moves: [],
  };
}

/** The move that exchanges the last two of `rank` axes. */
function exchanged(name: string, rank: number): Move {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return {
    op: "transpose",
    name,
    attributes: { permutation: [...axes.slice(0, -2), rank - 1, rank - 2] },
  };
}

/** A constant matrix on the left: W x = (x' W')', with W [O, I] (or its transposition) and x [.., I, N]. */
function leftProduct(
  node: OnnxNode,
  reader: GraphReader,
  weights: Tensor,
  x: Tensor,
  given: { transposed: boolean; ready?: boolean },
): Pending {
  const rank = x.shape.length;
  if (weights.shape.length !== 2 || rank < 2)
    reader.refuse(node, `operands [${weights.shape}] and [${x.shape}]; expected a constant matrix and matrices`);
  const rows = given.ready ? x : movedTo(reader, x, [exchanged(`${node.name}_columns`, rank)]);
  const pending = product(node.name, [rows, weights], given.transposed);
  const back = exchanged(node.name, rank);
  const shape = [...pending.shape.slice(0, -2), pending.shape[rank - 1]!, pending.shape[rank - 2]!];
  return { ...pending, shape, moves: [back] };
}

/** A constant stack of one matrix as that matrix; refuses other stacks. */
function asMatrix(node: OnnxNode, reader: GraphReader, weights: Tensor): Tensor {
  const { axis } = weights.quantization;
  const outer = weights.shape.length - 2;
  if (outer < 0 || weights.shape.slice(0, outer).some((dim) => dim !== 1))
    reader.refuse(node, `constant weights of shape [${weights.shape}]; expected one matrix`);
  const quantization = { ...weights.quantization, axis: axis === undefined ? undefined : axis - outer };
  return { ...weights, shape: weights.shape.slice(outer), quantization };
}

/** The product of an activation and a constant, in the order of the node; broadcast to the rank of the longer one. */
function constantProduct(node: OnnxNode, reader: GraphReader, first: Tensor, second: Tensor): Pending {
  if (first.data && second.data) reader.refuse(node, "both operands are constants. Fold constants before export");
  const pending = first.data
    ? leftProduct(node, reader, asMatrix(node, reader, first), second, { transposed: true })
    : product(node.name, [first, asMatrix(node, reader, second)], false);
  const constant = first.data ? first : second;
  const missing = constant.shape.length - pending.shape.length;
  if (missing <= 0) return pending;
  if (!first.data && first.shape.length < 2)
    reader.refuse(node, `operands [${first.shape}] and [${second.shape}]; expected matrices`);
  const shape = [...new Array<number>(missing).fill(1), ...pending.shape];
  return { ...pending, shape, moves: [...pending.moves, { op: "reshape", name: node.name, attributes: { shape } }] };
}

/** The tensor with its values times a positive number: its scales, exact as doubles. */
function scaled(tensor: Tensor, factor: number): Tensor {
  const { quantization } = tensor;
  return { ...tensor, quantization: { ...quantization, scales: quantization.scales.map((scale) => scale * factor) } };
}

/** The function x + c of a bias with c times a factor. */
function atFactor(post: Expression, factor: number): Expression {
  const [name, x, constant] = post as readonly [FunctionName, Expression, Expression];
  return factor === 1 ? post : [name, x, ["Mul", constant, factor]];
}

export const readGemm: OnnxRule = (node, reader) => {
  const [a, b] = [reader.quantized(node, 0), reader.quantized(node, 1)];
  if (!a.data && !b.data) return false; // two activations: matmul
  const attributes = new Attributes(node, reader);
  const factors = [attributes.float("alpha", 1), attributes.float("beta", 1)] as const;
  const [transA, transB] = [attributes.integer("transA", 0) !== 0, attributes.integer("transB", 0) !== 0];
  attributes.done();
  const [alpha, beta] = factors;
  if (!factors.every((factor) => factor > 0 && Number.isFinite(factor)))
    reader.refuse(node, `alpha ${alpha} and beta ${beta}; expected positive numbers`);
  if (a.data && b.data) reader.refuse(node, "both operands are constants. Fold constants before export");
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    reader.refuse(node, `operands [${a.shape}] and [${b.shape}]; expected two matrices`);
  }
  if (a.data) {
    if (reader.value(node, 2))
      reader.refuse(node, "a bias on a product with a constant first operand; use Add behind it");
    const given = { transposed: !transA, ready: transB };
    reader.define(node, leftProduct(node, reader, scaled(a, alpha), b, given));
    return true;
  }
  const { tensor: bias, post } = readBias(node, reader, 2, a, b, b.shape[transB ? 0 : 1]!);
  const x = transA ? movedTo(reader, a, [exchanged(`${node.name}_rows`, 2)]) : a;
  const weights = scaled(b, alpha);
  const pending = product(node.name, bias ? [x, weights, scaled(bias, beta)] : [x, weights], transB);
  const own: DenseGraphAttributes = { transposed: transB, ...(bias && alpha !== beta ? { ownBias: true } : {}) };
  reader.define(node, { ...pending, attributes: own, post: post && atFactor(post, beta) });
  return true;
};

export const readMatMul: OnnxRule = (node, reader) => {
  const [a, b] = [reader.quantized(node, 0), reader.quantized(node, 1)];
  if (!a.data && !b.data) return false; // two activations: matmul
  new Attributes(node, reader).done();
  reader.define(node, constantProduct(node, reader, a, b));
  return true;
};

/** A, B, a_zero_point, b_zero_point: the sums themselves. */
export const readMatMulInteger: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const a = integerOperand(reader, node, 0, 2, -2);
  const b = integerOperand(reader, node, 1, 3, -1);
  if (!a.data && !b.data) return false; // two activations: matmul
  reader.define(node, constantProduct(node, reader, a, b));
  return true;
};

/** com.microsoft: A, B, a_scale, b_scale, a_zero_point, b_zero_point, bias (float) */
export const readMatMulIntegerToFloat: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const scales = [2, 3].map((index) => reader.numbers(node, index)) as [readonly number[], readonly number[]];
  const a = integerOperand(reader, node, 0, 4, -2, scales[0]);
  const b = integerOperand(reader, node, 1, 5, -1, scales[1]);
  if (!b.data) reader.refuse(node, "the second operand must be a constant matrix");
  const weights = asMatrix(node, reader, b);
  const { tensor: bias, post } = readBias(node, reader, 6, a, weights, weights.shape[1]!);
  reader.define(node, { ...product(node.name, bias ? [a, weights, bias] : [a, weights], false), post });
  return true;
};

/** com.microsoft: A, packed weights, scales, zero points, g_idx, bias */
export const matMulNBits = readMatMulNBits((node, reader, x, weights, index) => {
  const { tensor: bias, post } = readBias(node, reader, index, x, weights, weights.shape[0]!);
  reader.define(node, { ...product(node.name, bias ? [x, weights, bias] : [x, weights], true), post });
});

/** a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point */
export const readQLinearMatMul: OnnxRule = (node, reader) => {
  if (![0, 3].some((index) => reader.value(node, index)?.kind === "constant")) return false; // two activations: matmul
  const a = qlinearOperand(reader, node, 0);
  const weights = reader.value(node, 3);
  const b = qlinearOperand(reader, node, 3, weights?.kind === "constant" ? weights.constant.dims.length - 1 : 1);
  new Attributes(node, reader).done();
  return qlinearResult(reader, node, constantProduct(node, reader, a, b), 6);
};

/** com.microsoft QGemm: A, a_scale, a_zero_point, B, b_scale, b_zero_point, C (int32), y_scale, y_zero_point */
export const readQGemm: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const alpha = attributes.float("alpha", 1);
  const transposedInput = attributes.integer("transA", 0) !== 0;
  const transposed = attributes.integer("transB", 0) !== 0;
  attributes.done();
  const x = qlinearOperand(reader, node, 0);
  const weights = qlinearOperand(reader, node, 3, transposed ? 0 : 1);
  const bias = qlinearBias(reader, node, 6, x, weights);
  if (alpha !== 1 || transposedInput || weights.data === undefined) {
    reader.refuse(node, "expected alpha 1, no transA and constant weights");
  }
  if (!reader.value(node, 7)) reader.refuse(node, "a float result (no output scale) is not supported");
  return qlinearResult(reader, node, product(node.name, bias ? [x, weights, bias] : [x, weights], transposed), 7);
};

/** Add of a constant vector to an unquantized MatMul: its bias, where the vector consists of whole multiples of the products' unit. */
export const readBiasAdd: OnnxRule = (node, reader) => {
  const values = [reader.value(node, 0), reader.value(node, 1)];
  const pending = values.find((value): value is Pending => value?.kind === "pending" && value.op === "dense");
  const constant = realConstant(values.find((value) => value !== pending));
  if (!pending || !constant || pending.inputs.length !== 2) return false;
  // What stands between the product and this Add concerns the product alone.
  const plain = pending.clamp.min === -Infinity && pending.clamp.max === Infinity && pending.post === undefined;
  const { shape, values: numbers } = constant;
  const row = (shape.at(-1) ?? 1) === numbers.length && shape.length <= pending.shape.length;
  if (!plain || pending.moves.length > 0 || !row) return false;
  const index = values.indexOf(pending) === 0 ? 1 : 0;
  const [x, weights] = pending.inputs as [Tensor, Tensor];
  const { tensor } = readBias(node, reader, index, x, weights, pending.shape.at(-1)!);
  if (!tensor) return false;
  const { transposed } = pending.attributes as DenseGraphAttributes;
  reader.define(node, product(pending.name, [...pending.inputs, tensor], transposed));
  return true;
};
