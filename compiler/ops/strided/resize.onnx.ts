/** ONNX Resize and Upsample, mode nearest. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { maximumElements, type Shape } from "../../ir/types.js";
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

interface Resampling {
  readonly coordinate: Coordinate;
  readonly rounding: (x: number) => number;
  /** Scale and output size of each axis. */
  axes(shape: Shape): readonly { readonly scale: number; readonly size: number }[];
}

function resample(node: OnnxNode, reader: GraphReader, { coordinate, rounding, axes }: Resampling): boolean {
  return reader.move(node, (shape) => {
    const given = axes(shape);
    if (
      given.length !== shape.length ||
      given.some(({ scale, size }) => !(scale > 0 && size >= 1 && size <= maximumElements))
    ) {
      return reader.refuse(node, `sizes [${given.map(({ size }) => size)}] for an input of shape [${shape}]`);
    }
    const positions = given.map(({ scale, size }, axis): [number, number[]] => {
      const last = shape[axis]! - 1;
      const nearest = (at: number) => Math.min(Math.max(rounding(coordinate(at, scale, last + 1, size)), 0), last);
      return [axis, Array.from({ length: size }, (_, at) => nearest(at))];
    });
    return selection(node.name, shape, new Map(positions));
  });
}

function requireNearest(node: OnnxNode, reader: GraphReader, mode: string): void {
  if (mode !== "nearest") reader.refuse(node, `mode ${mode}; only nearest is supported`);
}

const byScale = (shape: Shape, scales: readonly number[]) =>
  scales.map((scale, axis) => ({ scale, size: Math.floor((shape[axis] ?? 0) * scale) }));

export const readUpsample: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  requireNearest(node, reader, attributes.text("mode", "nearest"));
  const scales = reader.numbers(node, 1) ?? attributes.floats("scales", []);
  attributes.done();
  return resample(node, reader, {
    coordinate: coordinates.asymmetric!,
    rounding: Math.floor,
    axes: (shape) => byScale(shape, scales),
  });
};

/** Opset 10 takes (X, scales) and means floor of asymmetric positions; later ones take (X, roi, scales, sizes). */
export const readResize: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  requireNearest(node, reader, attributes.text("mode", "nearest"));
  const old = reader.opset < 11;
  const coordinate = attributes.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const nearest = attributes.text("nearest_mode", old ? "floor" : "round_prefer_floor");
  if (attributes.text("keep_aspect_ratio_policy", "stretch") !== "stretch")
    reader.refuse(node, "keep_aspect_ratio_policy must be stretch");
  const axes = node.attributes.has("axes") ? attributes.integers("axes", []) : undefined;
  // These change other modes only.
  attributes.integer("antialias", 0);
  attributes.float("cubic_coeff_a", -0.75);
  attributes.integer("exclude_outside", 0);
  attributes.float("extrapolation_value", 0);
  attributes.done();
  if (!coordinates[coordinate]) reader.refuse(node, `coordinate_transformation_mode ${coordinate} is not supported`);
  if (!roundings[nearest]) reader.refuse(node, `nearest_mode ${nearest} is unknown`);
  const list = (index: number) => {
    const numbers = reader.numbers(node, index);
    return numbers?.length ? numbers : undefined;
  };
  const [scales, sizes] = [list(old ? 1 : 2), list(3)];
  if (!scales && !sizes) return reader.refuse(node, "the scales or sizes must be constants");
  return resample(node, reader, {
    coordinate: coordinates[coordinate]!,
    rounding: roundings[nearest]!,
    axes(shape) {
      const whole = (values: readonly number[], rest: Shape) => {
        if (!axes) return values;
        const all = [...rest];
        axes.forEach((axis, i) => {
          all[axis < 0 ? axis + all.length : axis] = values[i] ?? Number.NaN;
        });
        return all;
      };
      if (scales)
        return byScale(
          shape,
          whole(
            scales,
            shape.map(() => 1),
          ),
        );
      return whole(sizes!, shape).map((size, axis) => ({ scale: size / (shape[axis] ?? 0), size }));
    },
  });
};
