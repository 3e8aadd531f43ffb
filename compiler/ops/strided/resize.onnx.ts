/** ONNX Resize and Upsample, mode nearest. */
import { named } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { type Resampling, readResampling, readUpsampling } from "../resampling.onnx.js";
import { selection } from "./select.js";

/** Position in the input of position `at` of the output, by coordinate_transformation_mode. */
type Coordinate = (at: number, scale: number, from: number, to: number) => number;

const coordinates: Readonly<Record<string, Coordinate>> = {
  asymmetric: (at, scale) => at / scale,
  half_pixel: (at, scale) => (at + 0.5) / scale - 0.5,
  pytorch_half_pixel: (at, scale, _from, to) => (to > 1 ? (at + 0.5) / scale - 0.5 : 0),
  align_corners: (at, _scale, from, to) => (to > 1 ? (at * (from - 1)) / (to - 1) : 0),
};

const roundings: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

function resample(node: OnnxNode, reader: GraphReader, { mode, coordinate, rounding, axes }: Resampling): boolean {
  if (mode !== "nearest") reader.refuse(node, `mode ${mode}; only nearest and linear are supported`);
  const positionOf =
    named(coordinates, coordinate) ??
    reader.refuse(node, `coordinate_transformation_mode ${coordinate} is not supported`);
  const round = named(roundings, rounding) ?? reader.refuse(node, `nearest_mode ${rounding} is unknown`);
  return reader.move(node, (shape) => {
    const positions = axes(shape).map(({ scale, size }, axis): [number, number[]] => {
      const last = shape[axis]! - 1;
      const nearest = (at: number) => Math.min(Math.max(round(positionOf(at, scale, last + 1, size)), 0), last);
      return [axis, Array.from({ length: size }, (_, at) => nearest(at))];
    });
    return selection(node.name, shape, new Map(positions));
  });
}

export const readUpsample: OnnxRule = (node, reader) => resample(node, reader, readUpsampling(node, reader));
export const readResize: OnnxRule = (node, reader) => resample(node, reader, readResampling(node, reader));
