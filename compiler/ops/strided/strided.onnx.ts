/** ONNX Slice, Split, Gather, Tile and Expand: choices of positions along axes. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, Move, OnnxRule } from "../../import/rules.js";
import type { Shape } from "../../ir/types.js";
import { axisOf } from "../axis.js";
import { broadcastShape } from "../broadcast.js";
import { readDepthToSpace, readSpaceToDepth } from "./depth-space.onnx.js";
import { readResize, readUpsample } from "./resize.onnx.js";
import { expansion, type Positions, range, selection } from "./select.js";

/** The axis of a tensor of `shape`; refuses the node when it has none. */
function axisFor(node: OnnxNode, reader: GraphReader, axis: number, shape: Shape): number {
  return axisOf(axis, shape.length) ?? reader.refuse(node, `axis ${axis} of an input of shape [${shape}]`);
}

/** The movements, or a refusal where positions are empty or outside the tensor. */
export function select(node: OnnxNode, reader: GraphReader, shape: Shape, positions: Positions): readonly Move[] {
  for (const [axis, list] of positions) {
    const bad = list.find((at) => !(at >= 0 && at < shape[axis]!));
    if (bad !== undefined) reader.refuse(node, `position ${bad} of axis ${axis}, which has ${shape[axis]}`);
    if (list.length === 0) reader.refuse(node, `the result has no elements along axis ${axis}`);
  }
  return selection(node.name, shape, positions);
}

/** Opset 1: attributes; opset 10: inputs starts, ends, axes, steps. */
const readSlice: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const given = (name: string, index: number) =>
    reader.integers(node, index) ?? (node.attributes.has(name) ? attributes.integers(name, []) : undefined);
  const [starts, ends, axes, steps] = [
    given("starts", 1),
    given("ends", 2),
    given("axes", 3),
    reader.integers(node, 4),
  ];
  attributes.done();
  if (!starts || !ends || starts.length !== ends.length)
    return reader.refuse(node, "starts and ends must be constants of one length");
  return reader.move(node, (shape) => {
    const positions = new Map<number, readonly number[]>();
    starts.forEach((start, i) => {
      const axis = axisFor(node, reader, axes?.[i] ?? i, shape);
      const step = steps?.[i] ?? 1;
      if (step === 0) reader.refuse(node, "step 0");
      if (positions.has(axis)) reader.refuse(node, `axis ${axis} is given twice`);
      const size = shape[axis]!;
      // The specification's clamps: a negative step starts at most on the last element and ends before the first.
      const clamp = (at: number, lo: number, hi: number) => Math.min(Math.max(at < 0 ? at + size : at, lo), hi);
      const [from, to] =
        step > 0
          ? [clamp(start, 0, size), clamp(ends[i]!, 0, size)]
          : [clamp(start, 0, size - 1), clamp(ends[i]!, -1, size - 1)];
      positions.set(axis, range(Math.max(0, Math.ceil((to - from) / step)), from, step));
    });
    return select(node, reader, shape, positions);
  });
};

/** Lengths from attribute or input `split`, else equal parts, the last one smaller where `num_outputs` does not divide. */
const readSplit: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const axis = attributes.integer("axis", 0);
  const parts = attributes.integer("num_outputs", node.outputs.length);
  const split =
    reader.integers(node, 1) ?? (node.attributes.has("split") ? attributes.integers("split", []) : undefined);
  attributes.done();
  const lengthsOf = (size: number) => {
    const part = Math.ceil(size / parts);
    return split ?? range(parts).map((i) => Math.min(part, size - i * part));
  };
  node.outputs.forEach((_, output) => {
    reader.move(
      node,
      (shape) => {
        const own = axisFor(node, reader, axis, shape);
        const lengths = lengthsOf(shape[own]!);
        const sum = lengths.reduce((a, b) => a + b, 0);
        if (lengths.length !== node.outputs.length || sum !== shape[own]) {
          reader.refuse(
            node,
            `parts of [${lengths}] for ${node.outputs.length} outputs of axis ${own}, which has ${shape[own]}`,
          );
        }
        const first = lengths.slice(0, output).reduce((a, b) => a + b, 0);
        return select(node, reader, shape, new Map([[own, range(lengths[output]!, first)]]));
      },
      output,
    );
  });
  return true;
};

const readGather: OnnxRule = (node, reader) => {
  const indices = reader.value(node, 1);
  if (indices?.kind !== "constant") return false; // embedding
  const attributes = new Attributes(node, reader);
  const given = attributes.integer("axis", 0);
  attributes.done();
  reader.integers(node, 1); // refuses other constants
  const { dims, values } = indices.constant;
  return reader.move(node, (shape) => {
    const axis = axisFor(node, reader, given, shape);
    const positions = Array.from(values, (at) => (at < 0 ? at + shape[axis]! : at));
    const moves = select(node, reader, shape, new Map([[axis, positions]]));
    if (dims.length === 1) return moves;
    return [
      ...moves,
      {
        op: "reshape",
        name: node.name,
        attributes: { shape: [...shape.slice(0, axis), ...dims, ...shape.slice(axis + 1)] },
      },
    ];
  });
};

const readTile: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const repeats = reader.integers(node, 1);
  return reader.move(node, (shape) => {
    if (repeats?.length !== shape.length)
      return reader.refuse(node, `repeats [${repeats ?? ""}] for an input of shape [${shape}]`);
    return select(
      node,
      reader,
      shape,
      new Map(shape.map((size, axis) => [axis, range(size * repeats[axis]!).map((i) => i % size)])),
    );
  });
};

const readExpand: OnnxRule = (node, reader) => {
  new Attributes(node, reader).done();
  const target = reader.integers(node, 1);
  if (!target) return reader.refuse(node, "the shape must be a constant");
  return reader.move(node, (shape) => {
    const full = broadcastShape(shape, target);
    if (!full || full.some((size) => size < 1))
      return reader.refuse(node, `[${shape}] does not broadcast to [${target}]`);
    return expansion(node.name, shape, full);
  });
};

export const onnx: Readonly<Record<string, OnnxRule>> = {
  Slice: readSlice,
  Split: readSplit,
  Gather: readGather,
  Tile: readTile,
  Expand: readExpand,
  DepthToSpace: readDepthToSpace,
  SpaceToDepth: readSpaceToDepth,
  Resize: readResize,
  Upsample: readUpsample,
};
