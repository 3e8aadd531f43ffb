/** Windows as ONNX convolutions and pools write them: one entry per spatial axis, one or two of them. */
import type { Attributes } from "../import/attributes.js";
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader } from "../import/rules.js";
import type { Window } from "./conv2d/conv2d.types.js";

/** One or two numbers from 1 to 65535, for height and width; the width of a signal is 1. */
export function readPair(
  attributes: Attributes,
  node: OnnxNode,
  reader: GraphReader,
  name: string,
  fallback: readonly number[],
  axes: number,
): [number, number] {
  const values = attributes.integers(name, fallback);
  const bad =
    values.length !== axes || values.some((value) => !Number.isSafeInteger(value) || value < 1 || value > 65535);
  if (bad)
    reader.refuse(node, `${name} [${values}] must be ${axes === 1 ? "one positive number" : "two positive numbers"}`);
  return [values[0]!, values[1] ?? 1];
}

/** In front of height and width, then behind them; a signal has none along its width. */
export function readPads(
  node: OnnxNode,
  reader: GraphReader,
  pads: readonly number[],
  axes: number,
): [number, number, number, number] {
  if (pads.length !== 2 * axes || pads.some((pad) => !Number.isSafeInteger(pad) || pad < 0 || pad > 65535)) {
    reader.refuse(node, `pads [${pads}] must be ${axes === 1 ? "two" : "four"} non-negative numbers`);
  }
  return axes === 1 ? [pads[0]!, 0, pads[1]!, 0] : [pads[0]!, pads[1]!, pads[2]!, pads[3]!];
}

/** Reads kernel, strides, dilations and pads (auto_pad included) for an input with these spatial sizes. */
export function readWindow(
  attributes: Attributes,
  node: OnnxNode,
  reader: GraphReader,
  kernel: readonly number[],
  size: readonly number[],
): Window {
  const axes = size.length;
  const ones = size.map(() => 1);
  const pair = (name: string, fallback: readonly number[]) => readPair(attributes, node, reader, name, fallback, axes);
  const shape = pair("kernel_shape", kernel);
  const strides = pair("strides", ones);
  const dilations = pair("dilations", ones);
  const none = [...ones, ...ones].fill(0);
  const explicit = attributes.integers("pads", none);
  const auto = attributes.text("auto_pad", "NOTSET");
  const pads = auto === "NOTSET" ? explicit : auto === "VALID" ? none : samePads(auto);
  return { kernel: shape, strides, dilations, pads: readPads(node, reader, pads, axes) };

  function samePads(mode: string): number[] {
    if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER") return reader.refuse(node, `auto_pad ${mode} is unknown`);
    const total = size.map((length, axis) => {
      const span = (shape[axis]! - 1) * dilations[axis]! + 1;
      const outputs = Math.ceil(length / strides[axis]!);
      return Math.max((outputs - 1) * strides[axis]! + span - length, 0);
    });
    const before = total.map((sum) => (mode === "SAME_UPPER" ? Math.floor(sum / 2) : Math.ceil(sum / 2)));
    return [...before, ...total.map((sum, axis) => sum - before[axis]!)];
  }
}

/**
 * Reads the window of a pool, whose end pads hold what `ceil_mode` adds: taps that only a count of padded taps could tell
 * from taps of the padding itself.
 */
export function readPoolWindow(
  attributes: Attributes,
  node: OnnxNode,
  reader: GraphReader,
  size: readonly number[],
): Window {
  const window = readWindow(attributes, node, reader, [], size);
  const [below, right] = readCeilPads(attributes, node, reader, window, size);
  const [top, left, bottom, end] = window.pads;
  return { ...window, pads: [top, left, bottom + below, end + right] };
}

/** What `ceil_mode` adds behind each axis. */
export function readCeilPads(
  attributes: Attributes,
  node: OnnxNode,
  reader: GraphReader,
  window: Window,
  [height, width = 1]: readonly number[],
): [number, number] {
  if (attributes.integer("ceil_mode", 0) === 0) return [0, 0];
  const extra = ceilPads(window, height!, width);
  if (attributes.text("auto_pad", "NOTSET") === "VALID" && extra.some((pad) => pad > 0))
    reader.refuse(node, "ceil_mode 1 with auto_pad VALID, whose output size runtimes disagree on; give pads instead");
  return extra;
}

/**
 * The padding behind each axis that `ceil_mode` adds to the window's own: the last window may reach beyond the padded image
 * when it begins inside the image or the padding in front of it. Source: ONNX operator specification, MaxPool.
 */
function ceilPads(window: Window, height: number, width: number): [number, number] {
  const extra = [height, width].map((size, axis) => {
    const span = (window.kernel[axis]! - 1) * window.dilations[axis]! + 1;
    const [before, after] = [window.pads[axis]!, window.pads[axis + 2]!];
    const stride = window.strides[axis]!;
    const begin = Math.ceil((size + before + after - span) / stride) * stride;
    return begin < size + before ? Math.max(begin + span - size - before - after, 0) : 0;
  });
  return [extra[0]!, extra[1]!];
}
