/** ONNX ArgMax, ArgMin and TopK with k = 1. Indices are int64 in ONNX and codes of type int32, scale 1 and zero point 0 here. */
import { dependsOnChannel } from "../../arith/expression.js";
import { risesStrictly } from "../../arith/monotonicity.js";
import { Attributes } from "../../import/attributes.js";
import { gridQuantization } from "../../import/grid.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import type { Quantization, Tensor } from "../../ir/graph.js";
import { int32 } from "../../ir/types.js";
import { axisOf } from "../axis.js";
import { opHomes } from "../index.js";
import { movedTo } from "../layout.js";
import { reductionOver } from "../reduction.js";
import type { ArgMaxAttributes } from "./arg-max.types.js";

const indexQuantization: Quantization = { scales: [1], zeroPoints: [0] };

/** The positions along an axis of `x`, which moves last. */
function positions(
  node: OnnxNode,
  reader: GraphReader,
  x: Tensor,
  axis: number,
  keep: boolean,
  attributes: ArgMaxAttributes,
): Tensor {
  const axes = x.shape.map((_, own) => own);
  const permutation = [...axes.filter((own) => own !== axis), axis];
  const moves = axis === axes.length - 1 ? [] : [{ op: "transpose", name: node.name, attributes: { permutation } }];
  const output = { type: int32, quantization: indexQuantization };
  const found = reader.emit("arg-max", node.name, movedTo(reader, x, moves), attributes, output);
  const shape = axes.flatMap((own) => (own === axis ? (keep ? [1] : []) : [x.shape[own]!]));
  return reader.emit("reshape", node.name, found, { shape });
}

function axisFor(node: OnnxNode, reader: GraphReader, x: Tensor, given: number): number {
  return axisOf(given, x.shape.length) ?? reader.refuse(node, `axis ${given} of an input of shape [${x.shape}]`);
}

/** A tensor in the order of input 0: its codes, or the accumulators that it rises with. */
function orderedOperand(node: OnnxNode, reader: GraphReader): Tensor {
  const value = reader.value(node, 0);
  if (value?.kind === "codes") return value.tensor;
  if (value?.kind !== "pending") return reader.quantized(node, 0);
  const { post = "x", clamp } = value;
  const unit = opHomes.get(value.op)!.unit?.(value)?.scale;
  const rises = !dependsOnChannel(post) && risesStrictly(post) && clamp.min === -Infinity && clamp.max === Infinity;
  if (unit === undefined || !rises) return reader.quantized(node, 0);
  return reader.quantize(node.inputs[0]!, { ...value, post: undefined }, int32, gridQuantization(unit));
}

const rule =
  (least: Pick<ArgMaxAttributes, "least">): OnnxRule =>
  (node, reader) => {
    const attributes = new Attributes(node, reader);
    const given = attributes.integer("axis", 0);
    const keep = attributes.integer("keepdims", 1) !== 0;
    const last = attributes.integer("select_last_index", 0) !== 0;
    attributes.done();
    const x = orderedOperand(node, reader);
    const axis = axisFor(node, reader, x, given);
    const tensor = positions(node, reader, x, axis, keep, { ...least, last });
    reader.define(node, { kind: "codes", tensor });
    return true;
  };

export const readArgMax = rule({});
export const readArgMin = rule({ least: true });

/** The largest (or smallest) element along an axis and its position; of equal ones the lower position. */
export const readTopK: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const given = attributes.integer("axis", -1);
  const least = attributes.integer("largest", 1) === 0 ? { least: true } : {};
  attributes.integer("sorted", 1);
  const k = node.attributes.has("k") ? attributes.integer("k", 1) : reader.numbers(node, 1)?.[0];
  attributes.done();
  if (k !== 1)
    return reader.refuse(node, `k ${k ?? "that is no constant"}; only the one largest element (k 1) is found`);
  const value = reader.value(node, 0);
  const x = orderedOperand(node, reader);
  const axis = axisFor(node, reader, x, given);
  const { before, window, after } = reductionOver(node.name, x.shape, [axis], true);
  const pool = { op: "max-pool2d", name: node.name, attributes: { ...window, ...least } };
  if (node.outputs[0] && (value?.kind === "real" || value?.kind === "codes")) {
    reader.define(node, { kind: value.kind, tensor: movedTo(reader, x, [...before, pool, ...after]) });
  }
  if (node.outputs[1]) {
    const tensor = positions(node, reader, x, axis, true, { ...least, last: false });
    reader.define(node, { kind: "codes", tensor }, 1);
  }
  return true;
};
