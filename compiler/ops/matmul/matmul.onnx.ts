/** ONNX MatMul, QLinearMatMul and Gemm of two activations. Source: ONNX operator specification, numpy.matmul. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import { integerOperand, qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { GraphReader, Move, OnnxRule, Pending } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { elementCount, type Shape } from "../../ir/types.js";
import { broadcastShape } from "../broadcast.js";
import { movedTo } from "../layout.js";
import { selection } from "../strided/select.js";
import type { MatMulGraphAttributes } from "./matmul.types.js";

/** The product of stacks of matrices; a vector is a row on the left, a column on the right. */
function product(node: OnnxNode, reader: GraphReader, first: Tensor, second: Tensor, alpha = 1): Pending {
  const as = (tensor: Tensor, shape: Shape) =>
    tensor.shape.join() === shape.join() ? tensor : reader.emit("reshape", `${node.name}_operand`, tensor, { shape });
  const [rankA, rankB] = [first.shape.length, second.shape.length];
  if (rankA === 0 || rankB === 0) reader.refuse(node, "a scalar operand; expected matrices or vectors");
  let a = rankA === 1 ? as(first, [1, ...first.shape]) : first;
  let b = rankB === 1 ? as(second, [...second.shape, 1]) : second;
  const [stackA, stackB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const stack =
    broadcastShape(stackA, stackB) ??
    reader.refuse(node, `stacks of matrices [${first.shape}] and [${second.shape}] do not broadcast`);
  const [rows, columns] = [a.shape.at(-2)!, b.shape.at(-1)!];
  if (elementCount(stackB) === 1)
    b = as(b, b.shape.slice(-2)); // one matrix serves all of a's
  else [a, b] = [repeated(node, reader, a, stack, as), repeated(node, reader, b, stack, as)];
  const shape = [...stack, ...(rankA === 1 ? [] : [rows]), ...(rankB === 1 ? [] : [columns])];
  const moves: Move[] = [{ op: "reshape", name: node.name, attributes: { shape } }];
  const attributes: MatMulGraphAttributes = { alpha };
  return { kind: "pending", op: "matmul", name: node.name, inputs: [a, b], attributes, clamp: noClamp, shape, moves };
}

/** Matrices repeated to a whole stack of this shape. */
function repeated(
  node: OnnxNode,
  reader: GraphReader,
  tensor: Tensor,
  stack: Shape,
  as: (tensor: Tensor, shape: Shape) => Tensor,
): Tensor {
  const own = [...new Array<number>(stack.length + 2 - tensor.shape.length).fill(1), ...tensor.shape];
  const positions = new Map(
    stack.flatMap((dim, axis) => (own[axis] === dim ? [] : [[axis, new Array<number>(dim).fill(0)] as const])),
  );
  const moves = selection(`${node.name}_repeated`, own, positions);
  return movedTo(reader, as(tensor, own), moves);
}

export const readMatMul: OnnxRule = (node, reader) => {
  const [a, b] = [reader.quantized(node, 0), reader.quantized(node, 1)];
  new Attributes(node, reader).done();
  reader.define(node, product(node, reader, a, b));
  return true;
};

/** A, B, a_zero_point, b_zero_point: the sums themselves. */
export const readMatMulInteger: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const [a, b] = [integerOperand(reader, node, 0, 2, -2), integerOperand(reader, node, 1, 3, -1)];
  reader.define(node, product(node, reader, a, b));
  return true;
};

/** a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point */
export const readQLinearMatMul: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const [a, b] = [qlinearOperand(reader, node, 0), qlinearOperand(reader, node, 3, 1)];
  return qlinearResult(reader, node, product(node, reader, a, b), 6);
};

export const readGemm: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const alpha = attributes.float("alpha", 1);
  attributes.float("beta", 1);
  const flags = ["transA", "transB"].map((name) => attributes.integer(name, 0) !== 0);
  attributes.done();
  if (!(alpha > 0 && Number.isFinite(alpha))) reader.refuse(node, `alpha ${alpha}; expected a positive number`);
  if (reader.value(node, 2)) reader.refuse(node, "a bias on a product of two activations; use Add behind it");
  const [a, b] = flags.map((transposed, i) => {
    const tensor = reader.quantized(node, i);
    if (tensor.shape.length !== 2) reader.refuse(node, `an operand of shape [${tensor.shape}]; expected two matrices`);
    const permutation = [1, 0];
    return transposed ? reader.emit("transpose", `${node.name}_${i}`, tensor, { permutation }) : tensor;
  });
  reader.define(node, product(node, reader, a!, b!, alpha));
  return true;
};
