/** What ONNX Resize and Upsample have in common: sizes, scales and positions of every axis. Source: ONNX operator specification, Resize. */
import { Attributes } from "../import/attributes.js";
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader } from "../import/rules.js";
import { maximumElements, type Shape } from "../ir/types.js";

export interface ResampledAxis {
  /** Size of the output over that of the input, as given: a float32 number or a quotient of sizes. */
  readonly scale: number;
  readonly size: number;
}

export interface Resampling {
  readonly mode: string;
  /** coordinate_transformation_mode and nearest_mode. */
  readonly coordinate: string;
  readonly rounding: string;
  readonly antialias: boolean;
  axes(shape: Shape): readonly ResampledAxis[];
}

const byScale = (shape: Shape, scales: readonly number[]) =>
  scales.map((scale, axis) => ({ scale, size: Math.floor((shape[axis] ?? 0) * scale) }));

/** Upsample takes (X, scales), or the scales as an attribute, and means floor of asymmetric positions. */
export function readUpsampling(node: OnnxNode, reader: GraphReader): Resampling {
  const attributes = new Attributes(node, reader);
  const mode = attributes.text("mode", "nearest");
  const scales = reader.numbers(node, 1) ?? attributes.floats("scales", []);
  attributes.done();
  const fixed = { coordinate: "asymmetric", rounding: "floor", antialias: false };
  return { mode, ...fixed, axes: (shape) => checked(node, reader, shape, byScale(shape, scales)) };
}

/** Resize of opset 10 is Upsample; later ones take (X, roi, scales, sizes). */
export function readResampling(node: OnnxNode, reader: GraphReader): Resampling {
  const attributes = new Attributes(node, reader);
  const old = reader.opset < 11;
  const mode = attributes.text("mode", "nearest");
  const coordinate = attributes.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const rounding = attributes.text("nearest_mode", old ? "floor" : "round_prefer_floor");
  if (attributes.text("keep_aspect_ratio_policy", "stretch") !== "stretch")
    reader.refuse(node, "keep_aspect_ratio_policy must be stretch");
  const axes = node.attributes.has("axes") ? attributes.integers("axes", []) : undefined;
  const antialias = attributes.integer("antialias", 0) !== 0;
  // These change other modes only.
  attributes.float("cubic_coeff_a", -0.75);
  attributes.integer("exclude_outside", 0);
  attributes.float("extrapolation_value", 0);
  attributes.done();
  const list = (index: number) => {
    const numbers = reader.numbers(node, index);
    return numbers?.length ? numbers : undefined;
  };
  const [scales, sizes] = [list(old ? 1 : 2), list(3)];
  if (!scales && !sizes) return reader.refuse(node, "the scales or sizes must be constants");
  const whole = (values: readonly number[], rest: Shape) => {
    if (!axes) return values;
    const all = [...rest];
    axes.forEach((axis, i) => {
      all[axis < 0 ? axis + all.length : axis] = values[i] ?? Number.NaN;
    });
    return all;
  };
  const given = (shape: Shape) => {
    const ones = shape.map(() => 1);
    if (scales) return byScale(shape, whole(scales, ones));
    return whole(sizes!, shape).map((size, axis) => ({ scale: size / (shape[axis] ?? 0), size }));
  };
  return { mode, coordinate, rounding, antialias, axes: (shape) => checked(node, reader, shape, given(shape)) };
}

function checked(
  node: OnnxNode,
  reader: GraphReader,
  shape: Shape,
  axes: readonly ResampledAxis[],
): readonly ResampledAxis[] {
  if (
    axes.length !== shape.length ||
    axes.some(({ scale, size }) => !(scale > 0 && size >= 1 && size <= maximumElements))
  ) {
    reader.refuse(node, `sizes [${axes.map(({ size }) => size)}] for an input of shape [${shape}]`);
  }
  return axes;
}
