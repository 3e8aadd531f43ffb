/** ONNX Resize and Upsample, mode linear, of images and signals. */
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import { noClamp } from "../../ir/graph.js";
import { imageLayout, movedTo } from "../layout.js";
import { type Resampling, readResampling, readUpsampling } from "../resampling.onnx.js";
import { interpolation } from "./interpolation.js";
import type { ResizeLinearGraphAttributes } from "./resize-linear.types.js";

function resize(node: OnnxNode, reader: GraphReader, { mode, coordinate, antialias, axes }: Resampling): boolean {
  if (mode !== "linear") return false; // nearest: strided
  if (antialias) reader.refuse(node, "antialias 1 is not supported");
  const x = reader.quantized(node, 0);
  const given = axes(x.shape);
  const scaled = given.flatMap(({ size }, axis) => (size === x.shape[axis] ? [] : [axis]));
  // Channels last where the axes in front of the last are the ones that change.
  const last = x.shape.length > 2 && scaled.includes(1) && !scaled.includes(x.shape.length - 1);
  const layout = imageLayout(node, reader, x.shape, last);
  const spatial = given.slice(last ? 1 : 2, last ? -1 : undefined);
  if (scaled.some((axis) => !spatial.includes(given[axis]!)))
    reader.refuse(node, `scaled axes [${scaled}]; expected those of an image or a signal`);
  const whole = { scale: 1, size: 1 };
  const [rows, columns] = [0, 1].map(
    (axis) =>
      interpolation(coordinate, spatial[axis] ?? whole, layout.size[axis] ?? 1) ??
      reader.refuse(node, `coordinate_transformation_mode ${coordinate} is not supported with mode linear`),
  );
  const attributes: ResizeLinearGraphAttributes = { rows: rows!, columns: columns! };
  const inputs = [movedTo(reader, x, layout.before)];
  const { shape, moves } = layout.result(rows!.lows.length, columns!.lows.length, layout.channels);
  const common = { kind: "pending", op: "resize-linear", name: node.name, clamp: noClamp } as const;
  reader.define(node, { ...common, inputs, attributes, shape, moves });
  return true;
}

export const readResize: OnnxRule = (node, reader) => resize(node, reader, readResampling(node, reader));
export const readUpsample: OnnxRule = (node, reader) => resize(node, reader, readUpsampling(node, reader));
