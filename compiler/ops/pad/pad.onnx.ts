/** ONNX Pad: constant, or from the tensor's own elements (edge, reflect, wrap) by strided copies and a concatenation. */
import { Attributes, named } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { exactQuantization } from "../../import/unquantized.js";
import { noClamp, scaleOf, type Tensor, zeroPointOf } from "../../ir/graph.js";
import { typeRange } from "../../ir/types.js";
import { axisOf } from "../axis.js";
import { range, selection } from "../strided/select.js";
import { paddedShape } from "./axes.js";
import type { PadGraphAttributes } from "./pad.types.js";

/** Position in [0, size) that a padded position stands for. */
const sources: Readonly<Record<string, (at: number, size: number) => number>> = {
  edge: (at, size) => Math.min(Math.max(at, 0), size - 1),
  reflect: (at, size) => (at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at),
  wrap: (at, size) => (at + size) % size,
};

interface Reading {
  readonly mode: string;
  readonly given: readonly number[];
  readonly axes: readonly number[] | undefined;
  /** The constant: a real value, or a code where the input is codes. */
  readonly value: number;
}

function read(node: OnnxNode, reader: GraphReader): Reading {
  const attributes = new Attributes(node, reader);
  const mode = attributes.text("mode", "constant");
  const given = reader.integers(node, 1) ?? (node.attributes.has("pads") ? attributes.integers("pads", []) : undefined);
  const values = reader.numbers(node, 2);
  const value = values?.length ? values[0]! : attributes.float("value", 0);
  const axes = reader.integers(node, 3);
  attributes.done();
  if (!given) return reader.refuse(node, "the pads must be constants");
  if (mode !== "constant" && !named(sources, mode)) reader.refuse(node, `mode ${mode} is unknown`);
  return { mode, given, axes, value };
}

/** Elements in front of each of `rank` axes, then behind each. */
function padsFor(node: OnnxNode, reader: GraphReader, { given, axes }: Reading, rank: number): number[] {
  const count = axes?.length ?? rank;
  const pads = new Array<number>(2 * rank).fill(0);
  if (given.length !== 2 * count) reader.refuse(node, `got ${given.length} pads for ${count} axes`);
  if (given.some((pad) => pad < 0)) reader.refuse(node, `pads [${given}]; negative ones are not supported, use Slice`);
  for (let i = 0; i < count; i++) {
    const axis = axisOf(axes?.[i] ?? i, rank) ?? reader.refuse(node, `axis ${axes?.[i]} of ${rank} axes`);
    pads[axis] = given[i]!;
    pads[axis + rank] = given[i + count]!;
  }
  return pads;
}

export const readPad: OnnxRule = (node, reader) => {
  const reading = read(node, reader);
  return reading.mode === "constant" ? padConstant(node, reader, reading) : padFromItself(node, reader, reading);
};

function padConstant(node: OnnxNode, reader: GraphReader, reading: Reading): boolean {
  let input = reader.value(node, 0);
  let { value } = reading;
  if (Number.isNaN(value)) reader.refuse(node, "the constant is NaN");
  // A Relu before quantization would have to reach the padding too.
  if (input?.kind === "pending") {
    if (!exactQuantization(input))
      return reader.refuse(node, "the input is not quantized yet; quantize it before padding");
    input = { kind: "real", tensor: reader.quantized(node, 0) };
  }
  if (input?.kind === "codes") value = scaleOf(input.tensor) * (value - zeroPointOf(input.tensor));
  if (input?.kind === "real" && !isCode(input.tensor, value)) {
    const { tensor } = input;
    const attributes: PadGraphAttributes = { pads: padsFor(node, reader, reading, tensor.shape.length), value };
    const shape = paddedShape(tensor.shape, attributes.pads);
    const common = { kind: "pending", op: "pad", name: node.name, clamp: noClamp, alikeFrom: 0, moves: [] } as const;
    reader.define(node, { ...common, inputs: [tensor], attributes, shape });
    return true;
  }
  return reader.move(node, (shape) => {
    const pads = padsFor(node, reader, reading, shape.length);
    if (pads.every((pad) => pad === 0)) return [];
    return [{ op: "pad", name: node.name, attributes: { pads, value } satisfies PadGraphAttributes }];
  });
}

/** Whether some code of the tensor stands for exactly this value; any other waits for the next quantization. */
function isCode(tensor: Tensor, value: number): boolean {
  const code = value / scaleOf(tensor) + zeroPointOf(tensor);
  const { lo, hi } = typeRange(tensor.type);
  return Number.isInteger(code) && code >= lo && code <= hi;
}

function padFromItself(node: OnnxNode, reader: GraphReader, reading: Reading): boolean {
  const input = reader.value(node, 0);
  if (input?.kind !== "codes" && input?.kind !== "real")
    return reader.refuse(node, `mode ${reading.mode} of a value that is not quantized yet`);
  const rank = input.tensor.shape.length;
  const pads = padsFor(node, reader, reading, rank);
  let { tensor } = input;
  for (let axis = 0; axis < rank; axis++)
    tensor = extended(node, reader, reading.mode, tensor, axis, [pads[axis]!, pads[axis + rank]!]);
  reader.define(node, { kind: input.kind, tensor });
  return true;
}

/** The tensor with elements of itself in front of and behind one axis. */
function extended(
  node: OnnxNode,
  reader: GraphReader,
  mode: string,
  x: Tensor,
  axis: number,
  [before, after]: readonly [number, number],
): Tensor {
  const size = x.shape[axis]!;
  const part = (first: number, count: number) => {
    const positions = range(count, first).map((at) => sources[mode]!(at, size));
    if (positions.some((at) => at < 0 || at >= size))
      reader.refuse(node, `${count} elements of mode ${mode} around axis ${axis}, which has ${size}`);
    const moves = selection(`${node.name}_${axis}`, x.shape, new Map([[axis, positions]]));
    return moves.reduce((tensor, { op, name, attributes }) => reader.emit(op, name, tensor, attributes), x);
  };
  const parts = [...(before > 0 ? [part(-before, before)] : []), x, ...(after > 0 ? [part(size, after)] : [])];
  return parts.length === 1 ? x : reader.emit("concat", `${node.name}_${axis}`, parts, { axis });
}
