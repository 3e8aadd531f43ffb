/** ONNX Gemm, MatMul, QLinearMatMul and QGemm with constant weights, and the Add that carries a MatMul's bias. Source: ONNX operator specification. */
import { Attributes } from "../../import/attributes.js";
import { qlinearBias, qlinearOperand, qlinearResult } from "../../import/qlinear.js";
import type { OnnxRule, Pending, Value } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { elementCount } from "../../ir/types.js";

/** Real-valued form: inputs are x [.., I], weights [O, I] or (transposed: false) [I, O], and an optional bias [O]. */
export interface DenseGraphAttributes {
  /** True when the weights are stored [outputs, inputs]. */
  readonly transposed: boolean;
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

/** Whether a constant holds one number per column: all its other axes are 1. */
function isRow(bias: Tensor): boolean {
  return bias.data !== undefined && (bias.shape.at(-1) ?? 1) === elementCount(bias.shape);
}

export const readGemm: OnnxRule = (node, reader) => {
  const x = reader.quantized(node, 0);
  const weights = reader.quantized(node, 1);
  const bias = reader.value(node, 2) ? reader.quantized(node, 2) : undefined;
  const attributes = new Attributes(node, reader);
  const alpha = attributes.float("alpha", 1);
  const beta = attributes.float("beta", 1);
  const transposedInput = attributes.integer("transA", 0) !== 0;
  const transposed = attributes.integer("transB", 0) !== 0;
  attributes.done();
  if (alpha !== 1 || beta !== 1 || transposedInput) {
    reader.refuse(node, `alpha ${alpha}, beta ${beta}, transA ${transposedInput}; expected 1, 1 and no transposition`);
  }
  if (x.shape.length !== 2 || weights.shape.length !== 2) {
    reader.refuse(node, `operands [${x.shape}] and [${weights.shape}]; expected two matrices`);
  }
  if (!weights.data) reader.refuse(node, "the second operand must be a constant matrix");
  if (bias && (!isRow(bias) || bias.shape.length > 2)) {
    reader.refuse(node, `a bias of shape [${bias.shape}]; expected a constant with one number per column`);
  }
  reader.define(node, product(node.name, bias ? [x, weights, bias] : [x, weights], transposed));
  return true;
};

export const readMatMul: OnnxRule = (node, reader) => {
  const x = reader.quantized(node, 0);
  const weights = reader.quantized(node, 1);
  new Attributes(node, reader).done();
  if (weights.shape.length !== 2 || weights.data === undefined) {
    reader.refuse(node, "the second operand must be a constant matrix");
  }
  reader.define(node, product(node.name, [x, weights], false));
  return true;
};

/** a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point */
export const readQLinearMatMul: OnnxRule = (node, reader) => {
  const x = qlinearOperand(reader, node, 0);
  const weights = qlinearOperand(reader, node, 3, 1);
  new Attributes(node, reader).done();
  if (weights.shape.length !== 2 || weights.data === undefined) {
    reader.refuse(node, "the second operand must be a constant matrix");
  }
  return qlinearResult(reader, node, product(node.name, [x, weights], false), 6);
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

/** Add of a constant int32 vector to an unquantized MatMul: its bias. */
export const readBiasAdd: OnnxRule = (node, reader) => {
  const operands = [reader.value(node, 0), reader.value(node, 1)];
  const pending = operands.find((value): value is Pending => value?.kind === "pending" && value.op === "dense");
  const bias = operands.find(
    (value): value is Extract<Value, { kind: "real" }> => value?.kind === "real" && value.tensor.data !== undefined,
  );
  if (!pending || !bias || pending.inputs.length !== 2 || bias.tensor.type.bits !== 32) return false;
  // A Relu or Clip between the product and this Add bounds the product alone.
  const bounded = pending.clamp.min !== -Infinity || pending.clamp.max !== Infinity;
  // A movement between them would act on the product alone, too.
  if (bounded || pending.moves.length > 0 || !isRow(bias.tensor) || bias.tensor.shape.length > pending.shape.length)
    return false;
  const { transposed } = pending.attributes as DenseGraphAttributes;
  const vector: Tensor = { ...bias.tensor, shape: [bias.tensor.data!.length] };
  reader.define(node, product(pending.name, [...pending.inputs, vector], transposed));
  return true;
};
