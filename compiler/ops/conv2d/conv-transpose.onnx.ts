/**
 * ONNX ConvTranspose (of images and signals, constant weights) as a convolution: the image with zeros between its pixels,
 * the filters turned round. Source: ONNX operator specification, ConvTranspose.
 */

import { fail } from "../../diagnostics.js";
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, Move, OnnxRule } from "../../import/rules.js";
import { noClamp, type Tensor } from "../../ir/graph.js";
import { maximumElements } from "../../ir/types.js";
import { readBias } from "../bias.onnx.js";
import { interiorPadded } from "../interior-pad2d/interior-pad2d.onnx.js";
import { imageLayout, movedTo } from "../layout.js";
import { selection } from "../strided/select.js";
import { windowShape } from "../window.js";
import { readPads, readPair } from "../window.onnx.js";
import type { Conv2dGraphAttributes } from "./conv2d.onnx.js";

interface Geometry {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** What is cut off the full result: top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  /** Rows and columns of zeros behind the full result's last. */
  readonly after: readonly [number, number];
}

function readGeometry(
  attributes: Attributes,
  node: OnnxNode,
  reader: GraphReader,
  size: readonly number[],
  kernel: readonly number[],
): Geometry {
  const axes = size.length;
  const ones = size.map(() => 1);
  const pair = (name: string, fallback: readonly number[]) => readPair(attributes, node, reader, name, fallback, axes);
  const given = pair("kernel_shape", kernel);
  if (kernel.some((taps, axis) => taps !== given[axis]))
    reader.refuse(node, `kernel_shape [${given}] differs from the weights' [${kernel}]`);
  const [strides, dilations] = [pair("strides", ones), pair("dilations", ones)];
  const none = [...ones, ...ones].fill(0);
  const after = attributes.integers(
    "output_padding",
    ones.map(() => 0),
  );
  if (after.length !== axes || after.some((count) => !(count >= 0 && count <= 65535)))
    reader.refuse(node, `output_padding [${after}] must be ${axes === 1 ? "one number" : "two numbers"} of at least 0`);
  const auto = attributes.text("auto_pad", "NOTSET");
  if (!["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].includes(auto))
    reader.refuse(node, `auto_pad ${auto} is unknown`);
  const explicit = attributes.integers("pads", none);
  const listed = attributes.integers("output_shape", []);
  // Opset 1 wrote batch and channels in front.
  const wanted =
    listed.length > 0
      ? listed.slice(-axes)
      : auto.startsWith("SAME")
        ? size.map((length, axis) => length * strides[axis]!)
        : undefined;
  const cut = wanted ? cutTo(wanted) : auto === "VALID" ? none : explicit;
  return { strides, dilations, pads: readPads(node, reader, cut, axes), after: [after[0]!, after[1] ?? 0] };

  /** The pads that leave these sizes. */
  function cutTo(sizes: readonly number[]): number[] {
    const total = size.map((length, axis) => {
      const full = (length - 1) * strides[axis]! + (kernel[axis]! - 1) * dilations[axis]! + 1 + after[axis]!;
      if (!(sizes[axis]! >= 1 && sizes[axis]! <= full))
        reader.refuse(node, `an output of size ${sizes[axis]}; expected 1 to ${full}, or output_padding`);
      return full - sizes[axis]!;
    });
    const before = total.map((sum) => (auto === "SAME_UPPER" ? Math.floor(sum / 2) : Math.ceil(sum / 2)));
    return [...before, ...total.map((sum, axis) => sum - before[axis]!)];
  }
}

/** Weights [C, M/groups, kH, kW] as those [M, C/groups, kH, kW] of the convolution, turned round; scales by output channel. */
function turned(node: OnnxNode, weights: Tensor, groups: number): Tensor {
  const [inputs, outputsPerGroup, height, width = 1] = weights.shape as [number, number, number, number?];
  const perGroup = inputs / groups;
  const taps = height * width;
  const data = new Int32Array(weights.data!.length);
  for (let channel = 0; channel < inputs; channel++)
    for (let m = 0; m < outputsPerGroup; m++) {
      const o = Math.floor(channel / perGroup) * outputsPerGroup + m;
      const to = (o * perGroup + (channel % perGroup)) * taps;
      const from = (channel * outputsPerGroup + m) * taps;
      for (let tap = 0; tap < taps; tap++) data[to + tap] = weights.data![from + taps - 1 - tap]!;
    }
  const shape = [groups * outputsPerGroup, perGroup, height, width];
  const { axis, scales, zeroPoints } = weights.quantization;
  if (axis === undefined) return { ...weights, shape, data };
  if (axis !== 1 && !(axis === 0 && perGroup === 1)) {
    fail("QC2004", `weights are quantized along axis ${axis}; expected axis 1 (output channels).`, node.name);
  }
  const byOutput = (values: readonly number[]) =>
    Array.from(
      { length: shape[0]! },
      (_, o) => values[axis === 1 ? o % outputsPerGroup : Math.floor(o / outputsPerGroup)]!,
    );
  return {
    ...weights,
    shape,
    data,
    quantization: { scales: byOutput(scales), zeroPoints: byOutput(zeroPoints), axis: 0 },
  };
}

export const readConvTranspose: OnnxRule = (node, reader) => {
  const [x, weights] = [reader.quantized(node, 0), reader.quantized(node, 1)];
  const { size, channels, before, result } = imageLayout(node, reader, x.shape);
  if (!weights.data) reader.refuse(node, "the weights must be constants");
  const attributes = new Attributes(node, reader);
  const groups = attributes.integer("group", 1);
  if (
    weights.shape.length !== x.shape.length ||
    weights.shape[0] !== channels ||
    groups < 1 ||
    channels % groups !== 0
  ) {
    reader.refuse(node, `weights [${weights.shape}] with group ${groups} do not fit an input of shape [${x.shape}]`);
  }
  const { strides, dilations, pads, after } = readGeometry(attributes, node, reader, size, weights.shape.slice(2));
  attributes.done();
  const filters = turned(node, weights, groups);
  const kernel = [filters.shape[2]!, filters.shape[3]!] as const;
  // Full overlap pads by the kernel's reach; what the pads cut beyond that is cut off the result.
  const reach = pads.map((pad, side) => (kernel[side % 2]! - 1) * dilations[side % 2]! - pad);
  const [top, left, bottom, right] = reach.map((pad) => Math.max(pad, 0)) as [number, number, number, number];
  const own: Conv2dGraphAttributes = { kernel, strides: [1, 1], dilations, pads: [top, left, bottom, right], groups };
  const image = interiorPadded(node, reader, movedTo(reader, x, before), { strides, after });
  const [, height, width] = image.shape as [number, number, number];
  const outputs = filters.shape[0]!;
  const { tensor: bias, post } = readBias(node, reader, 2, x, filters, outputs);
  const full = windowShape(own, height, width, node.name);
  const { moves: cut, sizes } = cropped(node, reader, [1, ...full, outputs], reach);
  const { shape, moves } = result(...sizes, outputs);
  const inputs = bias ? [image, filters, bias] : [image, filters];
  const common = { kind: "pending", op: "conv2d", name: node.name, clamp: noClamp } as const;
  reader.define(node, { ...common, inputs, attributes: own, post, shape, moves: [...cut, ...moves] });
  return true;
};

/** The movement that drops the rows and columns of an image that negative pads stand for. */
function cropped(
  node: OnnxNode,
  reader: GraphReader,
  image: readonly number[],
  pads: readonly number[],
): { moves: readonly Move[]; sizes: [number, number] } {
  const sizes = [0, 1].map((axis) => image[axis + 1]! + Math.min(pads[axis]!, 0) + Math.min(pads[axis + 2]!, 0));
  if (sizes.some((length) => length < 1 || length > maximumElements))
    reader.refuse(node, `pads that leave a result of ${sizes.join(" x ")}`);
  const positions = sizes.map((length, axis): [number, number[]] => {
    const first = Math.max(-pads[axis]!, 0);
    return [axis + 1, Array.from({ length }, (_, i) => first + i)];
  });
  const moves = selection(`${node.name}_cropped`, image, new Map(positions));
  return { moves, sizes: [sizes[0]!, sizes[1]!] };
}
